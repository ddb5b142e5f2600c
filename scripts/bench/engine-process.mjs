// The embedded store and the engine in a process of their own, without HTTP: writes tasks and waits for their ends.
// Usage: node engine-process.mjs <folder> <agent id> <tasks> <at once>; prints its figures as one line of JSON.
import { keepHeapSmall } from '../../packages/runtime/dist/cli/small-heap.js';
import { createEgressGuard } from '../../packages/runtime/dist/egress/egress-guard.js';
import { Engine } from '../../packages/runtime/dist/engine/engine.js';
import { loops } from '../../packages/runtime/dist/loops/loops.js';
import { createModelGateway } from '../../packages/runtime/dist/models/gateway.js';
import { newId } from '../../packages/runtime/dist/services/ids.js';
import { newTaskRow } from '../../packages/runtime/dist/services/task-row.js';
import { openSqliteStore } from '../../packages/runtime/dist/store/sqlite/sqlite-store.js';
import { createToolBox } from '../../packages/runtime/dist/tools/tool-box.js';
import { atOnce, percentile } from './measure.mjs';

// As `runctl dev` does.
keepHeapSmall();
const [folder, agentId, tasks, concurrency] = process.argv.slice(2);
const egress = createEgressGuard({ allowedHosts: [] });
const store = openSqliteStore({ folder });
const engine = new Engine({
  store,
  models: createModelGateway({ env: {}, egress }),
  tools: createToolBox({ egress }),
  loops,
  newId,
  workerId: 'bench',
  onError: (error) => console.error(error),
});
engine.start();

/** By the id of a task: what its writer waits for. */
const waiting = new Map();
store.onTaskChange(({ taskId, status }) => {
  if (status === 'running') waiting.get(taskId)?.pickedUp();
  if (status === 'completed' || status === 'failed') waiting.get(taskId)?.ended(status);
});
const { tenant_id } = await store.query
  .selectFrom('agents')
  .select('tenant_id')
  .where('id', '=', agentId)
  .executeTakeFirstOrThrow();

const pickups = [];
async function runOne() {
  const row = newTaskRow({ agentId, input: { payload: { message: 'hello' } } }, agentId, null, Date.now());
  const startedAt = performance.now();
  const ended = new Promise((resolve) => {
    const pickedUp = () => pickups.push(performance.now() - startedAt);
    waiting.set(row.id, { pickedUp, ended: resolve });
  });
  await store.write(async ({ insertTasks, wake }) => {
    await insertTasks([{ ...row, tenant_id }]);
    wake();
  });
  const status = await ended;
  waiting.delete(row.id);
  return status;
}

await atOnce(2_000, Number(concurrency), runOne);
pickups.length = 0;
const cpu = process.cpuUsage();
const startedAt = performance.now();
const ends = await atOnce(Number(tasks), Number(concurrency), runOne);
const seconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const figures = {
  rate: ends.length / seconds,
  failed: ends.filter((status) => status !== 'completed').length,
  cpuMicrosPerTask: (user + system) / ends.length,
  pickupP50Ms: percentile(pickups, 50),
  pickupP99Ms: percentile(pickups, 99),
  residentMegabytes: process.memoryUsage.rss() / 2 ** 20,
};
await engine.stop(5_000);
await store.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);
