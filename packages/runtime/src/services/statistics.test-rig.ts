import { type FrontDoor, openFrontDoor } from '../http/front-door.test-rig.ts';
import type { StepRow, TaskRow } from '../store/schema.ts';
import type { StoreHome } from '../store/store-homes.test-rig.ts';
import { agentRow, taskRow } from '../store/task-row.test-rig.ts';
import { newId } from './ids.ts';

/** A task that ended so many minutes ago. */
export interface PastTask {
  minutesAgo: number;
  change: Partial<TaskRow>;
  steps: readonly Partial<StepRow>[];
}

/** A tenant with an agent, and a past that a test writes. */
export interface Past {
  readonly door: FrontDoor;
  readonly agentId: string;
  /** A task that ended so many minutes ago. */
  task(minutesAgo: number, change?: Partial<TaskRow>): Promise<string>;
  /** Many tasks in one transaction, each with steps. */
  tasks(wanted: readonly PastTask[]): Promise<string[]>;
  step(taskId: string, change: Partial<StepRow>): Promise<void>;
  /** A workflow in which a person decided on what a task had come to, or did not in time. */
  approval(taskId: string, decision: 'approved' | 'rejected' | 'timeout'): Promise<void>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
  close(): Promise<void>;
}

/** A definition in which a person judges what an agent has written. */
const reviewed = {
  pattern: 'sequential',
  steps: [
    { stepId: 'write', name: 'Write', agentId: 'agt_1' },
    { stepId: 'trim', name: 'Trim', type: 'transform', output: '{{steps.write.output}}' },
    { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Good?' },
  ],
  output: null,
  timeoutSeconds: 60,
};

/** The instant that all of these tests take for now. */
const usualNow = Date.UTC(2026, 10, 21, 12, 30);

export { usualNow as now };

const minute = 60_000;

/** Opens a home with an agent in it. @param now What is taken for now. */
export async function openPast(home: StoreHome, now = usualNow): Promise<Past> {
  const store = await home.open();
  const door = await openFrontDoor({ store, now: () => now });
  const agentId = newId('agt', now);
  const config = JSON.stringify({
    name: 'A',
    type: 'reactive',
    modelProvider: 'openai',
    model: 'm',
    modelConfig: {},
    systemPrompt: 'Do.',
    tools: ['calculator', 'http_get'],
    resources: {},
    limits: { maxSteps: 20, taskTimeoutSeconds: 600, maxCostUsdPerTask: null, actionTimeoutSeconds: null },
    members: [],
    rubric: [],
    metadata: {},
    labels: {},
    description: null,
  });
  await store.write(async ({ query }) => {
    const { tenantId: tenant_id } = door;
    await query
      .insertInto('agents')
      .values(agentRow({ id: agentId, tenant_id, config }))
      .execute();
    const version = { agent_id: agentId, version: 1, tenant_id, config, created_at: now };
    await query.insertInto('agent_versions').values(version).execute();
  });
  let steps = 0;
  const rowOf = (minutesAgo: number, change: Partial<TaskRow>): TaskRow => {
    const finished = now - minutesAgo * minute;
    return taskRow(newId('tsk', now), {
      tenant_id: door.tenantId,
      agent_id: agentId,
      agent_version: 1,
      status: 'completed',
      result: '"done"',
      created_at: finished - 2_000,
      started_at: finished - 1_000,
      finished_at: finished,
      updated_at: finished,
      input_tokens: 10,
      output_tokens: 5,
      cost_microusd: 100,
      steps: 1,
      ...change,
    });
  };
  const stepOf = (taskId: string, change: Partial<StepRow>): StepRow => {
    steps += 1;
    return {
      task_id: taskId,
      step: steps,
      tenant_id: door.tenantId,
      kind: 'tool',
      name: 'http_get',
      status: 'completed',
      entry: '{}',
      input: '{}',
      output: 'null',
      error: null,
      model: null,
      tool: '{}',
      child_task_id: null,
      input_tokens: null,
      cache_read_tokens: null,
      cache_write_tokens: null,
      output_tokens: null,
      reasoning_tokens: null,
      cost_microusd: null,
      started_at: now - 3 * minute,
      finished_at: now - 3 * minute + 40,
      ...change,
    };
  };
  return {
    door,
    agentId,
    task: async (minutesAgo, change = {}) => {
      const row = rowOf(minutesAgo, change);
      await store.write(({ insertTasks }) => insertTasks([row]));
      return row.id;
    },
    tasks: async (wanted) => {
      const rows = wanted.map(({ minutesAgo, change }) => rowOf(minutesAgo, change));
      const ofSteps = rows.flatMap(({ id }, at) => (wanted[at]?.steps ?? []).map((change) => stepOf(id, change)));
      await store.write(async ({ query, insertTasks }) => {
        await insertTasks(rows);
        await query.insertInto('steps').values(ofSteps).execute();
      });
      return rows.map(({ id }) => id);
    },
    step: async (taskId, change) => {
      const row = stepOf(taskId, change);
      await store.write(({ query }) => query.insertInto('steps').values(row).execute());
    },
    approval: async (taskId, decision) => {
      const { tenantId: tenant_id } = door;
      const id = newId('wfl', now);
      const at = now - minute;
      const blank = { tenant_id, created_at: at, updated_at: at, started_at: at, finished_at: at, version: 1 };
      const step = { workflow_id: id, tenant_id, attempt: 1, child_workflow_id: null, due_at: null, input: 'null' };
      const isApproved = decision === 'approved';
      const error = isApproved ? null : JSON.stringify({ code: decision, message: 'No.', stepId: 'ok' });
      await store.write(async ({ query }) => {
        await query
          .insertInto('workflow_definition_versions')
          .values({ definition_id: 'wfd_1', version: 1, tenant_id, config: JSON.stringify(reviewed), created_at: at })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await query
          .insertInto('workflows')
          .values({
            ...{ ...blank, id, definition_id: 'wfd_1', definition_version: 1, parent_workflow_id: null, depth: 0 },
            ...{ retry_of: null, status: 'completed', input: '{}', output: 'null', error: null },
            ...{ current_step_ids: '[]', metadata: '{}', labels: '{}', due_at: null },
          })
          .execute();
        const ended = { ...step, output: 'null', started_at: at, finished_at: at };
        await query
          .insertInto('workflow_steps')
          .values([
            { ...ended, step_key: 'write', step_id: 'write', status: 'completed', task_id: taskId, error: null },
            { ...ended, step_key: 'trim', step_id: 'trim', status: 'completed', task_id: null, error: null },
            {
              ...{ ...ended, step_key: 'ok', step_id: 'ok', task_id: null, error },
              status: isApproved ? 'completed' : 'failed',
            },
          ])
          .execute();
      });
    },
    get: (path) => door.call(`GET /v1${path}`),
    close: () => door.close(),
  };
}

/** The stored error of a failed task. */
export function failed(code: string, message = code, step: number | null = 1): Partial<TaskRow> {
  return { status: 'failed', result: null, error: JSON.stringify({ code, message, step, retryable: false }) };
}
