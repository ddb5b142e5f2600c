import type pg from 'pg';
import type { Lane } from '../../engine/policy.ts';
import { newEventColumns, stepColumns, taskColumns } from '../columns.ts';
import type { NewEventRow } from '../event-row.ts';
import {
  commitEvents,
  lostEvents,
  needsStatusRow,
  type StatusRow,
  statusColumns,
  statusEvent,
  stepsOf,
} from '../new-events.ts';
import type { ContentRow, TaskRow } from '../schema.ts';
import type { StepCommit } from '../store.ts';
import type { KnownClaim } from '../unheld-tasks.ts';

// The statements that run for every task. Rows travel as one JSON parameter, so that a hundred of them are one round
// trip and one prepared text. Beside each stands its twin in ../sqlite/hot-statements.ts.

/** What runs a statement: the pool, or a connection with a transaction. */
export type Runner = Pick<pg.ClientBase, 'query'>;

// Any number of rows in; five indexes are written.
const insertTasksSql = `
INSERT INTO tasks (${taskColumns.join(', ')})
SELECT ${taskColumns.join(', ')} FROM json_populate_recordset(NULL::tasks, $1)`;

/** Adds tasks. */
export async function insertTasks(runner: Runner, rows: readonly TaskRow[]): Promise<void> {
  await runner.query({ name: 'insert-tasks', text: insertTasksSql, values: [JSON.stringify(rows)] });
}

// The fence: writes only where this very claim still holds the task. By primary key, one lock a task.
const updateHeldSql = `
UPDATE tasks SET
  steps = tasks.steps + held.steps, model_calls = tasks.model_calls + held.model_calls,
  tool_calls = tasks.tool_calls + held.tool_calls, input_tokens = tasks.input_tokens + held.input_tokens,
  cache_read_tokens = tasks.cache_read_tokens + held.cache_read_tokens,
  cache_write_tokens = tasks.cache_write_tokens + held.cache_write_tokens,
  output_tokens = tasks.output_tokens + held.output_tokens,
  reasoning_tokens = tasks.reasoning_tokens + held.reasoning_tokens,
  cost_microusd = tasks.cost_microusd + held.cost_microusd,
  simulated = held.simulated, status = held.status, result = held.result, error = held.error,
  waiting_for = held.waiting_for, finished_at = held.finished_at, paused_at = held.paused_at, owner = CASE WHEN held.status = 'running' THEN tasks.owner END,
  version = tasks.version + 1, updated_at = held.updated_at
FROM json_populate_recordset(NULL::tasks, $1) AS held
WHERE tasks.id = held.id AND tasks.owner = held.owner AND tasks.epoch = held.epoch AND tasks.status = 'running'
RETURNING tasks.id, tasks.version, tasks.tenant_id`;

// In the order of their key, so that two workers that store the same pieces never wait for each other in a circle.
const insertContentsSql = `
INSERT INTO contents (tenant_id, hash, day, body)
SELECT tenant_id, hash, day, body FROM json_populate_recordset(NULL::contents, $1) ORDER BY tenant_id, hash, day
ON CONFLICT DO NOTHING`;

const insertStepsSql = `
INSERT INTO steps (${stepColumns.join(', ')})
SELECT ${stepColumns.join(', ')} FROM json_populate_recordset(NULL::steps, $1)`;

/** Commits steps and ends of many tasks; the versions of those that were still held. */
export async function commitHeldTasks(runner: Runner, commits: readonly StepCommit[]): Promise<Map<string, number>> {
  const { rows } = await runner.query<{ id: string; version: number; tenant_id: string }>({
    name: 'update-held',
    text: updateHeldSql,
    values: [JSON.stringify(commits.map(heldRow))],
  });
  const versions = new Map(rows.map(({ id, version }) => [id, version]));
  const accepted = commits.filter(({ lease }) => versions.has(lease.taskId));
  const contents = distinct(accepted.flatMap((commit) => [...commit.contents]));
  const steps = accepted.flatMap(stepsOf);
  const held = new Map(rows.map((row) => [row.id, row]));
  const statuses = await readStatuses(
    runner,
    accepted.filter(needsStatusRow).map(({ lease }) => lease.taskId),
  );
  const events = accepted.flatMap((commit) => {
    const row = held.get(commit.lease.taskId);
    return row === undefined ? [] : commitEvents(commit, row, statuses.get(row.id));
  });
  await Promise.all([
    insertRows(runner, 'insert-contents', insertContentsSql, contents),
    insertRows(runner, 'insert-steps', insertStepsSql, steps),
    insertEvents(runner, events),
  ]);
  return versions;
}

async function insertRows(runner: Runner, name: string, text: string, rows: readonly object[]): Promise<void> {
  if (rows.length > 0) await runner.query({ name, text, values: [JSON.stringify(rows)] });
}

// Behind the last of each subject: one seek each in the primary key. Who writes a task's events has locked its row.
const insertEventsSql = `
INSERT INTO events (seq, ${newEventColumns.join(', ')})
SELECT coalesce(last.seq, 0) + new.seq, ${newEventColumns.map((column) => `new.${column}`).join(', ')}
FROM json_populate_recordset(NULL::events, $1) AS new
LEFT JOIN LATERAL (
  SELECT seq FROM events WHERE subject_id = new.subject_id ORDER BY seq DESC LIMIT 1
) AS last ON true`;

/** Adds events, each behind those that its subject has. */
export async function insertEvents(runner: Runner, events: readonly NewEventRow[]): Promise<void> {
  if (events.length === 0) return;
  const counts = new Map<string, number>();
  const rows = events.map((event) => {
    const seq = (counts.get(event.subject_id) ?? 0) + 1;
    counts.set(event.subject_id, seq);
    return { ...event, seq };
  });
  await runner.query({ name: 'insert-events', text: insertEventsSql, values: [JSON.stringify(rows)] });
}

// In the order of the ids, so that no two writers wait for each other; let go of at the end of the transaction.
const lockSubjectsSql = `
SELECT pg_advisory_xact_lock(7282003, hashtext(id)) FROM (SELECT unnest($1::text[]) AS id ORDER BY 1) AS subjects`;

/** Lets one writer at a time add events of things that have no row for it to lock. */
export async function lockSubjects(runner: Runner, subjectIds: readonly string[]): Promise<void> {
  if (subjectIds.length > 0) await runner.query(lockSubjectsSql, [subjectIds]);
}

// By primary key.
const readStatusesSql = `SELECT ${statusColumns.join(', ')} FROM tasks WHERE id = ANY ($1)`;

/** What the events of tasks' statuses are made from, by their ids. */
export async function readStatuses(runner: Runner, taskIds: readonly string[]): Promise<Map<string, StatusRow>> {
  if (taskIds.length === 0) return new Map();
  const { rows } = await runner.query<StatusRow>({ name: 'read-statuses', text: readStatusesSql, values: [taskIds] });
  return new Map(rows.map((row) => [row.id, row]));
}

function heldRow({ lease, usage, simulated, end, now }: StepCommit) {
  const status = end?.status ?? 'running';
  return {
    id: lease.taskId,
    owner: lease.owner,
    epoch: lease.epoch,
    ...usage,
    simulated: simulated ? 1 : 0,
    status,
    result: end?.status === 'completed' ? end.result : null,
    error: end?.status === 'failed' ? end.error : null,
    waiting_for: end?.status === 'waiting' ? end.waitingFor : null,
    paused_at: status === 'waiting' || status === 'queued' ? now : null,
    finished_at: status === 'completed' || status === 'failed' ? now : null,
    updated_at: now,
  };
}

function distinct(contents: readonly ContentRow[]): ContentRow[] {
  return [
    ...new Map(contents.map((content) => [`${content.tenant_id} ${content.hash} ${content.day}`, content])).values(),
  ];
}

// Loose scan of tasks_queued: one seek for each agent that has queued work, however long its queue is; then the first
// of each lane in the order of that index. The same for each tenant whose teams have work that no agent is in charge of,
// by tasks_coordinated. What a tenant runs is counted only where that is limited, agent by agent. Materialized: what runs
// is counted once a lane, where it would be counted once for each task of the lane.
const lanesSql = `
WITH RECURSIVE lane (agent_id) AS (
  (SELECT agent_id FROM tasks WHERE status = 'queued' AND agent_id IS NOT NULL ORDER BY agent_id LIMIT 1)
  UNION ALL
  SELECT (SELECT agent_id FROM tasks WHERE status = 'queued' AND agent_id > lane.agent_id ORDER BY agent_id LIMIT 1)
  FROM lane WHERE lane.agent_id IS NOT NULL
), open AS MATERIALIZED (
  SELECT agents.id, agents.tenant_id, agents.desired_replicas,
    (SELECT count(*) FROM tasks WHERE status = 'running' AND agent_id = agents.id) AS running,
    tenants.most_running,
    CASE WHEN tenants.most_running IS NULL THEN 0 ELSE (
      SELECT count(*) FROM agents AS own JOIN tasks ON tasks.agent_id = own.id AND tasks.status = 'running'
      WHERE own.tenant_id = agents.tenant_id
    ) END AS tenant_running
  FROM lane JOIN agents ON agents.id = lane.agent_id LEFT JOIN tenants ON tenants.id = agents.tenant_id
  WHERE agents.status IN ('running', 'degraded') AND agents.desired_replicas > 0 AND agents.deleted_at IS NULL
    AND coalesce(tenants.status, 'active') = 'active' AND coalesce(tenants.held, 0) = 0
), coordinated (tenant_id) AS (
  (SELECT tenant_id FROM tasks WHERE status = 'queued' AND agent_id IS NULL ORDER BY tenant_id LIMIT 1)
  UNION ALL
  SELECT (
    SELECT tenant_id FROM tasks WHERE status = 'queued' AND agent_id IS NULL AND tenant_id > coordinated.tenant_id
    ORDER BY tenant_id LIMIT 1
  )
  FROM coordinated WHERE coordinated.tenant_id IS NOT NULL
)
SELECT open.id AS agent_id, open.tenant_id, open.desired_replicas, open.running, open.most_running,
  open.tenant_running, head.id, head.order_key
FROM open CROSS JOIN LATERAL (
  SELECT id, order_key FROM tasks WHERE status = 'queued' AND agent_id = open.id
  ORDER BY order_key, id LIMIT least($1, greatest(open.desired_replicas - open.running, 0))
) AS head
UNION ALL
SELECT NULL, coordinated.tenant_id, $1::bigint, 0, NULL, 0, head.id, head.order_key
FROM coordinated LEFT JOIN tenants ON tenants.id = coordinated.tenant_id CROSS JOIN LATERAL (
  SELECT id, order_key FROM tasks WHERE status = 'queued' AND agent_id IS NULL AND tenant_id = coordinated.tenant_id
  ORDER BY order_key, id LIMIT $1
) AS head
WHERE coalesce(tenants.status, 'active') = 'active' AND coalesce(tenants.held, 0) = 0
ORDER BY agent_id, tenant_id, order_key, id`;

interface HeadRow {
  agent_id: string | null;
  tenant_id: string;
  desired_replicas: number;
  running: number;
  most_running: number | null;
  tenant_running: number;
  id: string;
  order_key: number;
}

/** The lanes that could start something now. */
export async function readyLanes(runner: Runner, freeSlots: number): Promise<Lane[]> {
  const { rows } = await runner.query<HeadRow>({ name: 'ready-lanes', text: lanesSql, values: [freeSlots] });
  const lanes = new Map<string, Lane & { heads: { taskId: string; orderKey: number }[] }>();
  for (const row of rows) {
    const name = row.agent_id ?? row.tenant_id;
    const lane = lanes.get(name) ?? {
      tenantId: row.tenant_id,
      agentId: row.agent_id,
      running: row.running,
      replicas: row.desired_replicas,
      tenantLimit: row.most_running,
      tenantRunning: row.tenant_running,
      heads: [],
    };
    lane.heads.push({ taskId: row.id, orderKey: row.order_key });
    lanes.set(name, lane);
  }
  return [...lanes.values()];
}

// A new epoch for each claim; the version of the agent is chosen once and kept. By primary key.
const claimSql = `
UPDATE tasks SET
  status = 'running', owner = $2, epoch = tasks.epoch + 1, attempt = tasks.attempt + 1, version = tasks.version + 1,
  agent_version = coalesce(agent_version, (SELECT deployed_version FROM agents WHERE agents.id = tasks.agent_id)),
  started_at = coalesce(tasks.started_at, $3), paused_ms = tasks.paused_ms + coalesce($3 - tasks.paused_at, 0),
  paused_at = NULL, updated_at = $3
WHERE tasks.id = ANY ($1) AND tasks.status = 'queued'
RETURNING tasks.*`;

/** Makes queued tasks this worker's own, in the order in which they were picked. */
export async function claimTasks(runner: Runner, taskIds: string[], owner: string, now: number): Promise<TaskRow[]> {
  const { rows } = await runner.query<TaskRow>({ name: 'claim', text: claimSql, values: [taskIds, owner, now] });
  await insertEvents(runner, rows.map(statusEvent));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return taskIds.flatMap((id) => byId.get(id) ?? []);
}

// Everything a dead worker held. By tasks_running, then the owner.
const takeBackSql = `
UPDATE tasks SET
  status = CASE WHEN losses + 1 < $2 THEN 'queued' ELSE 'failed' END, owner = NULL, losses = losses + 1,
  error = CASE WHEN losses + 1 < $2 THEN NULL ELSE $3 END, version = version + 1,
  finished_at = CASE WHEN losses + 1 < $2 THEN NULL ELSE $4::bigint END, paused_at = updated_at, updated_at = $4
WHERE status = 'running' AND owner = $1
RETURNING ${statusColumns.join(', ')}`;

/** Takes back what a worker held when it was lost; a task that has now outlived its chances fails. In a transaction. */
export async function takeBack(
  runner: Runner,
  owner: string,
  { mostLosses, error, now }: { mostLosses: number; error: string; now: number },
): Promise<StatusRow[]> {
  const { rows } = await runner.query<StatusRow>(takeBackSql, [owner, mostLosses, error, now]);
  await insertEvents(runner, rows.flatMap(lostEvents));
  return rows;
}

// By tasks_running, then the owner.
const runningSql = `SELECT id, epoch FROM tasks WHERE status = 'running' AND owner = $1`;

/** What a worker has claimed and not let go of. */
export async function runningClaims(runner: Runner, owner: string): Promise<KnownClaim[]> {
  const { rows } = await runner.query<KnownClaim>({ name: 'running-claims', text: runningSql, values: [owner] });
  return rows;
}

// By primary key.
const requeueSql = `
UPDATE tasks SET status = 'queued', owner = NULL, paused_at = tasks.updated_at, version = tasks.version + 1, updated_at = $1
FROM json_populate_recordset(NULL::tasks, $2) AS claim
WHERE tasks.id = claim.id AND tasks.epoch = claim.epoch AND tasks.status = 'running'
RETURNING ${statusColumns.map((column) => `tasks.${column}`).join(', ')}`;

/** Queues again what nobody works on; it counts as no loss. In a transaction. */
export async function requeueUnheld(runner: Runner, claims: readonly KnownClaim[], now: number): Promise<StatusRow[]> {
  const { rows } = await runner.query<StatusRow>(requeueSql, [now, JSON.stringify(claims)]);
  await insertEvents(runner, rows.map(statusEvent));
  return rows;
}

// In the order of the ids. A parent is locked before its children wherever both are written, so that the end of a child
// and the cancellation of its parent never wait for each other in a circle.
const lockTasksSql = 'SELECT id FROM tasks WHERE id = ANY ($1) ORDER BY id FOR UPDATE';

/** Locks tasks until the end of the transaction. */
export async function lockTasks(runner: Runner, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length > 0) await runner.query(lockTasksSql, [taskIds]);
}

// Due ones only, by tasks_scheduled and tasks_expiring.
const promoteSql = `
UPDATE tasks SET status = 'queued', version = version + 1, updated_at = $1
WHERE status = 'scheduled' AND scheduled_for <= $1 RETURNING ${statusColumns.join(', ')}`;
const expireSql = `
UPDATE tasks SET status = 'failed', error = $2, version = version + 1, finished_at = $1, updated_at = $1
WHERE status = 'queued' AND expires_at <= $1 AND started_at IS NULL RETURNING ${statusColumns.join(', ')}`;

/** Queues what is due and fails what has waited too long. In a transaction. */
export async function moveDueTasks(runner: Runner, expiredError: string, now: number): Promise<StatusRow[]> {
  const promoted = await runner.query<StatusRow>({ name: 'promote', text: promoteSql, values: [now] });
  const expired = await runner.query<StatusRow>({ name: 'expire', text: expireSql, values: [now, expiredError] });
  const moved = [...promoted.rows, ...expired.rows];
  await insertEvents(runner, moved.map(statusEvent));
  return moved;
}
