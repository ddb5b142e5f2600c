// A past that a benchmark writes into a store: tasks that have ended, with their steps and feedback, over thirty days.
import { blankTask } from '../../packages/runtime/dist/new-task/blank-task.js';
import { idAt } from '../../packages/runtime/dist/services/ids.js';

const day = 86_400_000;
const atOnce = 500;
const trace = {
  entry: '{}',
  input: '{"messages":[]}',
  output: '{"text":"Done.","toolCalls":[]}',
  error: null,
  child_task_id: null,
};
const usage = {
  input_tokens: 900,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 120,
  reasoning_tokens: 0,
};
const unused = Object.fromEntries([...Object.keys(usage), 'cost_microusd'].map((column) => [column, null]));

/** Writes so many tasks: one in twenty has failed, one in fifty was cancelled, one in four has called a tool. */
export async function writeFinishedTasks(store, { tenantId, agentId }, tasks) {
  const now = Date.now();
  for (let at = 0; at < tasks; at += atOnce) {
    const count = Math.min(atOnce, tasks - at);
    const rows = Array.from({ length: count }, (_, index) => taskRow(at + index, tasks, now, { tenantId, agentId }));
    await store.write(async ({ query, insertTasks }) => {
      await insertTasks(rows);
      const steps = rows.flatMap(stepRows);
      for (let from = 0; from < steps.length; from += 400) {
        await query
          .insertInto('steps')
          .values(steps.slice(from, from + 400))
          .execute();
      }
    });
  }
}

function taskRow(at, tasks, now, { tenantId, agentId }) {
  const finished = Math.round(now - 60_000 - (30 * day - 120_000) * (1 - (at + 1) / tasks));
  const took = 200 + ((at * 7_919) % 5_000);
  const status = at % 20 === 7 ? 'failed' : at % 50 === 9 ? 'cancelled' : 'completed';
  const steps = at % 4 === 0 ? 3 : 1;
  const error = {
    code: 'tool_failed',
    message: `Tool "http_get" failed after ${at % 90} s.`,
    step: 2,
    retryable: true,
  };
  return {
    ...blankTask,
    // As it would have been made then: a fresh one is of now.
    id: `${idAt('tsk', finished - took - 40)}${String(at).padStart(16, '0')}`,
    tenant_id: tenantId,
    agent_id: agentId,
    agent_version: 1,
    status,
    order_key: finished - took - 40,
    input: '{"version":"1.0","payload":{"message":"hello"}}',
    metadata: '{}',
    labels: '{}',
    result: status === 'completed' ? '"Done."' : null,
    error: status === 'failed' ? JSON.stringify(error) : null,
    steps,
    model_calls: steps === 3 ? 2 : 1,
    tool_calls: steps === 3 ? 1 : 0,
    ...usage,
    cost_microusd: 1_200,
    epoch: 1,
    attempt: 1,
    version: 3,
    created_at: finished - took - 40,
    started_at: finished - took,
    finished_at: finished,
    updated_at: finished,
  };
}

function stepRows(task) {
  const row = (step, kind) => ({
    ...trace,
    task_id: task.id,
    tenant_id: task.tenant_id,
    step,
    kind,
    name: kind === 'tool' ? 'http_get' : 'model',
    status: task.status === 'failed' && kind === 'tool' ? 'failed' : 'completed',
    model: kind === 'tool' ? null : '{"provider":"openai","model":"gpt-4o-mini"}',
    tool: kind === 'tool' ? '{}' : null,
    ...(kind === 'tool'
      ? { ...unused, input: JSON.stringify({ url: `https://example.com/${task.id}` }) }
      : { ...usage, cost_microusd: 1_200 }),
    started_at: task.started_at + step,
    finished_at: task.started_at + step + 40,
  });
  return task.steps === 3 ? [row(1, 'model'), row(2, 'tool'), row(3, 'model')] : [row(1, 'model')];
}
