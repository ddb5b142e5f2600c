import type { EventRow } from '../store/event-row.ts';
import type { OutboxRow, WebhookRow } from '../store/outbox-rows.ts';
import type { AgentRow, IdempotencyKeyRow, QuotaCounterRow, StepRow, TaskRow, TenantRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';

// What must hold whatever has been killed, cut or full meanwhile, read from the tables alone. Each check names the
// promise that it stands for; the texts are those of the failing test.

/** What a fault run knows besides the tables. */
export interface FaultRun {
  /** Ids of tasks that a caller was told of. */
  acknowledged?: Iterable<string>;
  /** The task that each idempotency key was answered with. */
  answers?: ReadonlyMap<string, string>;
  /** Whether nothing is left to do: each task has ended. Default true. */
  settled?: boolean;
  /** Milliseconds since the epoch. Default: now. */
  now?: number;
}

interface Facts {
  tasks: readonly TaskRow[];
  steps: ReadonlyMap<string, readonly StepRow[]>;
  events: ReadonlyMap<string, readonly EventRow[]>;
  agents: ReadonlyMap<string, AgentRow>;
  tenants: readonly TenantRow[];
  counters: readonly QuotaCounterRow[];
  keys: readonly IdempotencyKeyRow[];
  workflowTaskIds: readonly string[];
  webhooks: readonly WebhookRow[];
  outbox: readonly OutboxRow[];
  run: Required<FaultRun>;
}

/** All that does not hold, in sentences; none where all is well. */
export async function brokenInvariants(query: Query, run: FaultRun = {}): Promise<string[]> {
  const facts = await readFacts(query, run);
  return [
    ...facts.tasks.flatMap((task) => [
      ...endsOnce(task, facts),
      ...hasOneHolder(task, facts),
      ...hasOneOutcomeAStep(task, facts),
      ...sumsItsSteps(task, facts),
      ...isNotForgotten(task, facts),
      ...staysCancelled(task, facts),
    ]),
    ...isThere(facts),
    ...[...facts.events].flatMap(([subjectId, events]) => tellsWithoutGap(subjectId, events)),
    ...handsOutOnce(facts),
    ...answersTheSame(facts),
    ...countsTruly(facts),
    ...notifiesOnce(facts),
  ];
}

const ended = (status: string) => ['completed', 'failed', 'cancelled'].includes(status);
/** A lease without a heartbeat, and a poll, milliseconds. */
const longestUnclaimedMs = 31_000;
const dayMs = 24 * 60 * 60 * 1_000;

async function readFacts(query: Query, given: FaultRun): Promise<Facts> {
  const run = { acknowledged: [], answers: new Map(), settled: true, now: Date.now(), ...given };
  const removed = new Set(
    (await query.selectFrom('removed_traces').select('task_id').execute()).map(({ task_id }) => task_id),
  );
  const tasks = await query.selectFrom('tasks').selectAll().orderBy('id').execute();
  const steps = await query.selectFrom('steps').selectAll().orderBy('task_id').orderBy('step').execute();
  const events = await query.selectFrom('events').selectAll().orderBy('subject_id').orderBy('seq').execute();
  const agents = await query.selectFrom('agents').selectAll().execute();
  const workflowSteps = await query.selectFrom('workflow_steps').select('task_id').execute();
  return {
    tasks: tasks.filter(({ id }) => !removed.has(id)),
    steps: groupBy(steps, ({ task_id }) => task_id),
    events: groupBy(events, ({ subject_id }) => subject_id),
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    tenants: await query.selectFrom('tenants').selectAll().execute(),
    counters: await query.selectFrom('quota_counters').selectAll().execute(),
    keys: await query.selectFrom('idempotency_keys').selectAll().execute(),
    webhooks: await query.selectFrom('webhooks').selectAll().execute(),
    outbox: await query.selectFrom('outbox').selectAll().execute(),
    workflowTaskIds: workflowSteps.flatMap(({ task_id }) => task_id ?? []),
    run,
  };
}

function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

interface ToldStatus {
  seq: number;
  version: number;
  status: string;
}

function statusesOf(taskId: string, { events }: Facts): ToldStatus[] {
  const told = (events.get(taskId) ?? []).filter(({ type }) => type === 'task.status');
  return told.map(({ seq, data }) => ({ seq, ...(JSON.parse(data ?? '{}') as Omit<ToldStatus, 'seq'>) }));
}

/** I1 and I2: one end, told once, last of all; and the row says the same as its events. */
function endsOnce(task: TaskRow, facts: Facts): string[] {
  const told = statusesOf(task.id, facts);
  const ends = told.filter(({ status }) => ended(status));
  const last = told.at(-1);
  const lastEvent = facts.events.get(task.id)?.at(-1);
  return broken(`I1 task ${task.id} (${task.status})`, [
    [facts.run.settled && !ended(task.status), 'has not ended'],
    [ended(task.status) !== (task.finished_at !== null), 'has an end without an instant, or the reverse'],
    [(task.status === 'completed') !== (task.result !== null), 'has a result without completion, or the reverse'],
    [task.status === 'failed' && task.error === null, 'failed for no reason'],
    [ends.length !== (ended(task.status) ? 1 : 0), `tells of ${ends.length} ends`],
    [last?.status !== task.status, `told last that it is ${last?.status}`],
    [ended(task.status) && last?.version !== task.version, `told of version ${last?.version} of ${task.version}`],
    [ended(task.status) && lastEvent?.seq !== last?.seq, `tells of ${lastEvent?.type} after its end`],
    [told.some(({ version }, index) => version <= (told[index - 1]?.version ?? 0)), 'goes back in its versions'],
    [(task.status === 'waiting') !== (task.waiting_for !== null), 'waits for nothing, or does not wait for something'],
  ]);
}

/** The restore of one tenant lets epochs go on from its instant: no claim from before it reaches that far. */
const restoredEpoch = Date.UTC(2000, 0);

/** I3: who holds it is known, and each claim raised the epoch by one. */
function hasOneHolder(task: TaskRow, facts: Facts): string[] {
  const claims = statusesOf(task.id, facts).filter(({ status }) => status === 'running').length;
  return broken(`I3 task ${task.id} (${task.status})`, [
    [(task.status === 'running') !== (task.owner !== null), `is held by ${task.owner}`],
    [
      task.epoch < restoredEpoch && claims !== task.epoch,
      `was claimed ${claims} times by its events, ${task.epoch} times by its epoch`,
    ],
  ]);
}

/** I4: its steps follow each other, each told of once. */
function hasOneOutcomeAStep(task: TaskRow, facts: Facts): string[] {
  const steps = facts.steps.get(task.id) ?? [];
  const first = task.forked_from_step ?? 1;
  const told = (facts.events.get(task.id) ?? []).flatMap(({ type, step }) =>
    type === 'step.completed' || type === 'step.failed' ? [`${type} ${step}`] : [],
  );
  const recorded = steps.flatMap(({ step, status }) => (status === 'waiting' ? [] : [`step.${status} ${step}`]));
  const missing = recorded.filter((line) => !told.includes(line));
  return broken(`I4 task ${task.id} (${task.status})`, [
    [steps.some(({ step }, index) => step !== first + index), `has the steps ${steps.map(({ step }) => step)}`],
    [new Set(told).size !== told.length, `tells of a step twice: ${told}`],
    [missing.length > 0, `does not tell of ${missing}`],
    [steps.some(({ status }) => status === 'waiting') && task.status !== 'waiting', 'has a step that waits'],
    [task.status === 'waiting' && !steps.some(({ status }) => status === 'waiting'), 'waits with no step'],
  ]);
}

const usageColumns = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
] as const;

/** I6: totals are the sums of its steps, each counted once. */
function sumsItsSteps(task: TaskRow, { steps }: Facts): string[] {
  const own = steps.get(task.id) ?? [];
  const sum = (column: (typeof usageColumns)[number] | 'cost_microusd') =>
    own.reduce((total, row) => total + (row[column] ?? 0), 0);
  const cost = sum('cost_microusd');
  return broken(`I6 task ${task.id}`, [
    [task.steps !== own.length, `counts ${task.steps} of ${own.length} steps`],
    [task.model_calls !== own.filter(({ kind }) => kind === 'model').length, `counts ${task.model_calls} model calls`],
    [task.cost_microusd !== null && task.cost_microusd !== cost, `costs ${task.cost_microusd}, its steps ${cost}`],
    ...usageColumns.map(
      (column): Check => [task[column] !== sum(column), `has ${task[column]} ${column} of ${sum(column)}`],
    ),
  ]);
}

/** I9: what could run is taken up. */
function isNotForgotten(task: TaskRow, { agents, run }: Facts): string[] {
  const agent = task.agent_id === null ? undefined : agents.get(task.agent_id);
  const isReady = task.status === 'queued' && agent?.status === 'running' && agent.desired_replicas > 0;
  const sinceMs = run.now - task.updated_at;
  return broken(`I9 task ${task.id}`, [[isReady && sinceMs > longestUnclaimedMs, `is ready for ${sinceMs} ms`]]);
}

/** I10: nothing of a cancelled task is done after its end. */
function staysCancelled(task: TaskRow, facts: Facts): string[] {
  const wasCancelled = statusesOf(task.id, facts).some(({ status }) => status === 'cancelled');
  const end = task.finished_at ?? Number.POSITIVE_INFINITY;
  const late = (facts.steps.get(task.id) ?? []).filter(({ finished_at }) => (finished_at ?? 0) > end);
  return broken(`I10 task ${task.id}`, [
    [wasCancelled && task.status !== 'cancelled', `was cancelled and is ${task.status}`],
    [wasCancelled && late.length > 0, `has a step that ended after it was cancelled`],
  ]);
}

/** I1: what a caller was told of exists. */
function isThere({ tasks, run }: Facts): string[] {
  const ids = new Set(tasks.map(({ id }) => id));
  return [...run.acknowledged].filter((id) => !ids.has(id)).map((id) => `I1 task ${id} was acknowledged and is gone`);
}

/** I2: events are numbered from 1 without a gap, and those of one thing are of one tenant. */
function tellsWithoutGap(subjectId: string, events: readonly EventRow[]): string[] {
  return broken(`I2 ${subjectId}`, [
    [events.some(({ seq }, index) => seq !== index + 1), `has the events ${events.map(({ seq }) => seq)}`],
    [new Set(events.map(({ tenant_id }) => tenant_id)).size > 1, 'has events of two tenants'],
  ]);
}

/** I4, over tasks: each hand-over made one child, and each child and each step of a workflow stands in one place. */
function handsOutOnce({ tasks, steps, workflowTaskIds }: Facts): string[] {
  const ids = new Set(tasks.map(({ id }) => id));
  const named = [...steps.values()].flat().flatMap(({ child_task_id }) => child_task_id ?? []);
  const children = tasks.filter(({ parent_task_id }) => parent_task_id !== null);
  return broken('I4', [
    [named.some((id) => !ids.has(id)), 'a step names a child that does not exist'],
    [children.some(({ id }) => named.filter((other) => other === id).length !== 1), 'a child is not named by one step'],
    [new Set(workflowTaskIds).size !== workflowTaskIds.length, 'two steps of workflows name one task'],
    [workflowTaskIds.some((id) => !ids.has(id)), 'a step of a workflow names a task that does not exist'],
  ]);
}

/** I5: a key is answered with one task, which exists, and no two keys with the same. */
function answersTheSame({ keys, tasks, run }: Facts): string[] {
  const ids = new Set(tasks.map(({ id }) => id));
  const answers = keys
    .filter(({ route }) => route === 'POST /v1/tasks')
    .map(({ idempotency_key, body }) => [idempotency_key, (JSON.parse(body) as { id: string }).id] as const);
  const recorded = new Map(answers);
  return [
    ...answers
      .filter(([, id]) => !ids.has(id))
      .map(([key, id]) => `I5 key ${key} was answered with ${id}, which is gone`),
    ...(new Set(recorded.values()).size === answers.length ? [] : ['I5 two keys were answered with one task']),
    ...[...run.answers]
      .filter(([key, id]) => recorded.get(key) !== id)
      .map(([key, id]) => `I5 key ${key} was answered with ${id} and holds ${recorded.get(key)}`),
  ];
}

/** I7: counters are within their limit, and what they count is there. */
function countsTruly({ counters, tasks, tenants }: Facts): string[] {
  return counters.flatMap(({ tenant_id, resource, period_start, used }) => {
    const limits = JSON.parse(tenants.find(({ id }) => id === tenant_id)?.limits ?? '{}') as { tasksPerDay?: number };
    const made = tasks.filter(
      (task) =>
        task.tenant_id === tenant_id &&
        task.parent_task_id === null &&
        Math.floor(task.created_at / dayMs) * dayMs === period_start,
    ).length;
    return broken(`I7 ${resource} of ${tenant_id}`, [
      [used !== made, `says ${used} of ${made}`],
      [used > (limits.tasksPerDay ?? Number.POSITIVE_INFINITY), `is ${used} of at most ${limits.tasksPerDay}`],
    ]);
  });
}

/** I8: what a webhook listens for stands in the outbox, once, and nothing else does. */
function notifiesOnce({ webhooks, outbox, events, tasks }: Facts): string[] {
  const written = new Set(outbox.map(({ subject_id, seq }) => `${subject_id} ${seq}`));
  const due = tasks.flatMap(({ id, tenant_id }) =>
    (events.get(id) ?? []).filter((event) => {
      const { status, waiting_for = '{}' } = JSON.parse(event.data ?? '{}') as { status: string; waiting_for?: string };
      if (event.type !== 'task.status' || waiting_for.includes('"kind":"children"')) return false;
      return webhooks.some(
        (webhook) =>
          webhook.tenant_id === tenant_id &&
          webhook.created_at < event.created_at &&
          (JSON.parse(webhook.events) as string[]).includes(`task.${status}`),
      );
    }),
  );
  const missing = due.filter(({ subject_id, seq }) => !written.has(`${subject_id} ${seq}`));
  const odd = outbox.filter(({ subject_id, seq }) => !events.get(subject_id)?.some((event) => event.seq === seq));
  return broken('I8', [
    [missing.length > 0, `the outbox misses ${missing.map(({ subject_id, seq }) => `${subject_id} ${seq}`)}`],
    [
      odd.length > 0,
      `the outbox tells of ${odd.map(({ subject_id, seq }) => `${subject_id} ${seq}`)}, which is no event`,
    ],
    [written.size !== outbox.length, 'the outbox tells of an event twice'],
  ]);
}

type Check = [isBroken: boolean, what: string];

function broken(subject: string, checks: readonly Check[]): string[] {
  return checks.filter(([isBroken]) => isBroken).map(([, what]) => `${subject} ${what}`);
}
