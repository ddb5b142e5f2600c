// Tasks of one simulated step, from the SDK over HTTP to a runtime of its own process, on the embedded store.
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { against, atOnce, percentile, round } from './measure.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

/** @param {{ tasks?: number, concurrency?: number, replicas?: number }} options */
export async function benchRuntimeTasks({ tasks = 5_000, concurrency = 64, replicas = 64 } = {}) {
  const spawnedAt = performance.now();
  const runtime = await startRuntimeProcess();
  try {
    const readyMs = performance.now() - spawnedAt;
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const agent = await deployEcho(client, replicas);
    const input = { payload: { message: 'hello' } };
    const run = () => client.tasks.createAndWait({ agentId: agent.id, input });
    await run();
    const firstTaskMs = performance.now() - spawnedAt;
    // Until V8 has compiled what is hot, as in the bench of the engine.
    await atOnce(2_000, concurrency, run);
    const cpuBefore = runtime.cpuMicroseconds();
    const startedAt = performance.now();
    const finished = await atOnce(tasks, concurrency, run);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpuMicros = runtime.cpuMicroseconds() - cpuBefore;
    const pickups = finished.map((task) => Date.parse(task.startedAt) - Date.parse(task.createdAt));
    const failed = finished.filter((task) => task.status !== 'completed').length;
    return {
      'tasks a second, created and waited for over HTTP': against(round(tasks / seconds), 'at least 1500'),
      'failed tasks': failed,
      'CPU of the runtime, µs a task': round(cpuMicros / tasks),
      'pickup p50, ms': against(percentile(pickups, 50), 'below 3'),
      'pickup p99, ms': against(percentile(pickups, 99), 'below 15'),
      'runtime resident after it, MB': against(runtime.residentMegabytes(), 'at most 120'),
      'listening after, ms': round(readyMs),
      'first task finished after, ms': round(firstTaskMs),
    };
  } finally {
    await runtime.stop();
  }
}
