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
import type { ContentRow, StepRow, TaskRow } from '../schema.ts';
import type { StepCommit } from '../store.ts';
import type { KnownClaim } from '../unheld-tasks.ts';
import type { SqliteValue } from './connection.ts';
import type { StatementCache } from './statement-cache.ts';

// The statements that run for every task, each prepared once; everything else goes through the query builder. Beside
// each stands its twin in ../postgres/hot-statements.ts.

// One row in. No index is read; five are written.
const insertTaskSql = insertInto('tasks', taskColumns);

/** Adds a task. */
export function insertTask(statements: StatementCache, row: TaskRow): void {
  statements.run(
    insertTaskSql,
    taskColumns.map((column) => row[column]),
  );
}

const insertStepSql = insertInto('steps', stepColumns);
const insertContentSql = `${insertInto('contents', ['tenant_id', 'hash', 'day', 'body'])} ON CONFLICT DO NOTHING`;

function insertInto(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

// The fence: writes only while this very claim still holds the task. By primary key.
const updateHeldTaskSql = `
UPDATE tasks SET
  steps = steps + ?, model_calls = model_calls + ?, tool_calls = tool_calls + ?,
  input_tokens = input_tokens + ?, cache_read_tokens = cache_read_tokens + ?, cache_write_tokens = cache_write_tokens + ?,
  output_tokens = output_tokens + ?, reasoning_tokens = reasoning_tokens + ?, cost_microusd = cost_microusd + ?,
  simulated = ?, status = ?, result = ?, error = ?, waiting_for = ?, finished_at = ?, paused_at = ?,
  owner = CASE WHEN ? = 'running' THEN owner END, version = version + 1, updated_at = ?
WHERE id = ? AND owner = ? AND epoch = ? AND status = 'running'
RETURNING version, tenant_id`;

/** Commits a step, an end, or both. Undefined where the lease is no longer held. */
export function commitHeldTask(statements: StatementCache, commit: StepCommit): { version: number } | undefined {
  const { lease, usage, end } = commit;
  const status = end?.status ?? 'running';
  const finished = status === 'completed' || status === 'failed' ? commit.now : null;
  const paused = status === 'waiting' || status === 'queued' ? commit.now : null;
  const held = statements.first<{ version: number; tenant_id: string }>(updateHeldTaskSql, [
    ...[usage.steps, usage.model_calls, usage.tool_calls],
    ...[usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens],
    ...[usage.output_tokens, usage.reasoning_tokens, usage.cost_microusd],
    ...[commit.simulated ? 1 : 0, status, end?.status === 'completed' ? end.result : null],
    ...[end?.status === 'failed' ? end.error : null, end?.status === 'waiting' ? end.waitingFor : null],
    ...[finished, paused, status, commit.now],
    ...[lease.taskId, lease.owner, lease.epoch],
  ]);
  if (held === undefined) return undefined;
  for (const content of commit.contents) insertContent(statements, content);
  for (const step of stepsOf(commit)) insertStep(statements, step);
  const row = needsStatusRow(commit) ? readStatus(statements, lease.taskId) : undefined;
  insertEvents(statements, commitEvents(commit, held, row));
  return held;
}

// One row in, behind the last of its subject: one seek in the primary key. Not INSERT ... SELECT, which would keep its
// result aside first, since it reads the table that it writes: that costs twice as much.
const insertEventSql = `
INSERT INTO events (${newEventColumns.join(', ')}, seq) VALUES (${newEventColumns.map(() => '?').join(', ')},
  (SELECT coalesce(max(seq), 0) + 1 FROM events WHERE subject_id = ?))`;

/** Adds events, each behind those that its subject has. */
export function insertEvents(statements: StatementCache, events: readonly NewEventRow[]): void {
  for (const event of events) {
    statements.run(insertEventSql, [...newEventColumns.map((column) => event[column]), event.subject_id]);
  }
}

// By primary key.
const readStatusSql = `SELECT ${statusColumns.join(', ')} FROM tasks WHERE id = ?`;

/** What the events of a task's status are made from. */
export function readStatus(statements: StatementCache, taskId: string): StatusRow | undefined {
  return statements.first<StatusRow>(readStatusSql, [taskId]);
}

function insertContent(statements: StatementCache, { tenant_id, hash, day, body }: ContentRow): void {
  statements.run(insertContentSql, [tenant_id, hash, day, body]);
}

function insertStep(statements: StatementCache, step: StepRow): void {
  statements.run(
    insertStepSql,
    stepColumns.map((column): SqliteValue => step[column]),
  );
}

// Loose scan of tasks_queued: one seek for each agent that has queued work, however long its queue is. What a tenant
// runs is counted only where that is limited, agent by agent.
const lanesSql = `
WITH RECURSIVE lane (agent_id) AS (
  SELECT min(agent_id) FROM tasks WHERE status = 'queued'
  UNION ALL
  SELECT (SELECT min(agent_id) FROM tasks WHERE status = 'queued' AND agent_id > lane.agent_id)
  FROM lane WHERE lane.agent_id IS NOT NULL
)
SELECT agents.id AS agentId, agents.tenant_id AS tenantId, agents.desired_replicas AS replicas,
  (SELECT count(*) FROM tasks WHERE status = 'running' AND agent_id = agents.id) AS running,
  tenants.most_running AS tenantLimit,
  CASE WHEN tenants.most_running IS NULL THEN 0 ELSE (
    SELECT count(*) FROM agents AS own JOIN tasks ON tasks.agent_id = own.id AND tasks.status = 'running'
    WHERE own.tenant_id = agents.tenant_id
  ) END AS tenantRunning
FROM lane JOIN agents ON agents.id = lane.agent_id LEFT JOIN tenants ON tenants.id = agents.tenant_id
WHERE agents.status IN ('running', 'degraded') AND agents.desired_replicas > 0 AND agents.deleted_at IS NULL
  AND coalesce(tenants.status, 'active') = 'active' AND coalesce(tenants.held, 0) = 0`;

// The first of one lane, in the order of tasks_queued.
const headsSql = `
SELECT id AS taskId, order_key AS orderKey FROM tasks
WHERE status = 'queued' AND agent_id = ? ORDER BY order_key, id LIMIT ?`;

// One seek for each tenant whose teams have queued work that no agent is in charge of, by tasks_coordinated.
const coordinatedLanesSql = `
WITH RECURSIVE own (tenant_id) AS (
  SELECT min(tenant_id) FROM tasks WHERE status = 'queued' AND agent_id IS NULL
  UNION ALL
  SELECT (SELECT min(tenant_id) FROM tasks WHERE status = 'queued' AND agent_id IS NULL AND tenant_id > own.tenant_id)
  FROM own WHERE own.tenant_id IS NOT NULL
)
SELECT own.tenant_id AS tenantId FROM own LEFT JOIN tenants ON tenants.id = own.tenant_id
WHERE own.tenant_id IS NOT NULL AND coalesce(tenants.status, 'active') = 'active' AND coalesce(tenants.held, 0) = 0`;
const coordinatedHeadsSql = `
SELECT id AS taskId, order_key AS orderKey FROM tasks
WHERE status = 'queued' AND agent_id IS NULL AND tenant_id = ? ORDER BY order_key, id LIMIT ?`;

/** The lanes that could start something now. */
export function readyLanes(statements: StatementCache, freeSlots: number): Lane[] {
  const lanes: Lane[] = [];
  for (const lane of statements.all<Omit<Lane, 'heads'>>(lanesSql)) {
    const spare = Math.min(lane.replicas - lane.running, freeSlots);
    if (spare <= 0) continue;
    lanes.push({ ...lane, heads: statements.all<Lane['heads'][number]>(headsSql, [lane.agentId, spare]) });
  }
  for (const { tenantId } of statements.all<{ tenantId: string }>(coordinatedLanesSql)) {
    const heads = statements.all<Lane['heads'][number]>(coordinatedHeadsSql, [tenantId, freeSlots]);
    lanes.push({ tenantId, agentId: null, running: 0, replicas: freeSlots, heads });
  }
  return lanes;
}

// A new epoch for each claim; the version of the agent is chosen once and kept. By primary key.
const claimSql = `
UPDATE tasks SET
  status = 'running', owner = ?, epoch = epoch + 1, attempt = attempt + 1, version = version + 1,
  agent_version = coalesce(agent_version, (SELECT deployed_version FROM agents WHERE id = tasks.agent_id)),
  started_at = coalesce(started_at, ?), paused_ms = paused_ms + coalesce(? - paused_at, 0), paused_at = NULL,
  updated_at = ?
WHERE id = ? AND status = 'queued'
RETURNING `;
const claimedColumns = [
  ...([
    'status',
    'owner',
    'epoch',
    'attempt',
    'version',
    'agent_version',
    'started_at',
    'paused_ms',
    'paused_at',
  ] as const),
  'updated_at',
] as const satisfies readonly (keyof TaskRow)[];
const claimNewSql = `${claimSql}${claimedColumns.join(', ')}`;
const claimAnySql = `${claimSql}*`;
// By primary key.
const readTaskSql = 'SELECT * FROM tasks WHERE id = ?';

/** Makes queued tasks this worker's own. */
export function claimTasks(
  statements: StatementCache,
  taskIds: string[],
  { owner, now, added }: { owner: string; now: number; added: ReadonlyMap<string, TaskRow> },
): TaskRow[] {
  const claimed = taskIds.flatMap((taskId) => {
    const values = [owner, now, now, now, taskId];
    const row = added.get(taskId);
    return (
      (row === undefined ? statements.first<TaskRow>(claimAnySql, values) : claimAdded(statements, row, values)) ?? []
    );
  });
  insertEvents(statements, claimed.map(statusEvent));
  return claimed;
}

/** A row that this transaction has added is known but for what the claim changes: to read it whole costs thrice as much. */
function claimAdded(statements: StatementCache, row: TaskRow, values: readonly SqliteValue[]): TaskRow | undefined {
  const claimed = statements.first<Pick<TaskRow, (typeof claimedColumns)[number]>>(claimNewSql, values);
  if (claimed === undefined) return undefined;
  const isAsAdded = claimed.version === row.version + 1;
  return isAsAdded ? { ...row, ...claimed } : statements.first<TaskRow>(readTaskSql, [row.id]);
}

// Everything a dead process held. By tasks_running.
const requeueLostSql = `
UPDATE tasks SET status = 'queued', owner = NULL, losses = losses + 1, paused_at = updated_at, version = version + 1,
  updated_at = ?
WHERE status = 'running' AND losses < ? RETURNING ${statusColumns.join(', ')}`;
const failLostSql = `
UPDATE tasks SET status = 'failed', owner = NULL, losses = losses + 1, error = ?, version = version + 1,
  finished_at = ?, updated_at = ?
WHERE status = 'running' RETURNING ${statusColumns.join(', ')}`;

/** Takes back what the last process held when it died; a task that has now outlived its chances fails. */
export function recoverLost(statements: StatementCache, mostLosses: number, error: string, now: number): void {
  const requeued = statements.all<StatusRow>(requeueLostSql, [now, mostLosses - 1]);
  const failed = statements.all<StatusRow>(failLostSql, [error, now, now]);
  insertEvents(statements, [...requeued, ...failed].flatMap(lostEvents));
}

// By tasks_running, then the owner.
const runningSql = `SELECT id, epoch FROM tasks WHERE status = 'running' AND owner = ?`;

/** What a worker has claimed and not let go of. */
export function runningClaims(statements: StatementCache, owner: string): KnownClaim[] {
  return statements.all<KnownClaim>(runningSql, [owner]);
}

// By primary key.
const requeueSql = `
UPDATE tasks SET status = 'queued', owner = NULL, paused_at = updated_at, version = version + 1, updated_at = ?
WHERE id = ? AND epoch = ? AND status = 'running' RETURNING ${statusColumns.join(', ')}`;

/** Queues again what nobody works on; it counts as no loss. */
export function requeueUnheld(statements: StatementCache, claims: readonly KnownClaim[], now: number): StatusRow[] {
  const moved = claims.flatMap(({ id, epoch }) => statements.all<StatusRow>(requeueSql, [now, id, epoch]));
  insertEvents(statements, moved.map(statusEvent));
  return moved;
}

// Due ones only, by tasks_scheduled and tasks_expiring.
const promoteSql = `
UPDATE tasks SET status = 'queued', version = version + 1, updated_at = ?
WHERE status = 'scheduled' AND scheduled_for <= ? RETURNING ${statusColumns.join(', ')}`;
const expireSql = `
UPDATE tasks SET status = 'failed', error = ?, version = version + 1, finished_at = ?, updated_at = ?
WHERE status = 'queued' AND expires_at <= ? AND started_at IS NULL RETURNING ${statusColumns.join(', ')}`;

/** Queues what is due and fails what has waited too long. */
export function moveDueTasks(statements: StatementCache, expiredError: string, now: number): StatusRow[] {
  const promoted = statements.all<StatusRow>(promoteSql, [now, now]);
  const moved = [...promoted, ...statements.all<StatusRow>(expireSql, [expiredError, now, now, now])];
  insertEvents(statements, moved.map(statusEvent));
  return moved;
}
