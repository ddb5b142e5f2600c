// From the start of `runctl dev` on an empty folder to the first finished task, and what it costs to wait for work.
import { setTimeout as pause } from 'node:timers/promises';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { against, percentile, round } from './measure.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

/** @param {{ starts?: number, idleSeconds?: number }} options */
export async function benchColdStart({ starts = 5, idleSeconds = 20 } = {}) {
  const runs = [];
  for (let run = 1; run < starts; run += 1) runs.push(await startOnce(0));
  const last = await startOnce(idleSeconds);
  runs.push(last);
  const medianOf = (name) =>
    round(
      percentile(
        runs.map((run) => run[name]),
        50,
      ),
    );
  return {
    'first task finished, of the starts the median, ms': against(medianOf('finishedMs'), 'below 500'),
    'of that until it listens, ms': medianOf('listeningMs'),
    'CPU of the ten seconds after the task, %': last.settlingPercent.toFixed(2),
    [`CPU while idle, the ${idleSeconds} s behind them, %`]: against(last.idlePercent.toFixed(2), 'below 1'),
    'resident then, MB': against(last.residentMegabytes, 'at most 120'),
  };
}

async function startOnce(idleSeconds) {
  const startedAt = performance.now();
  const runtime = await startRuntimeProcess();
  try {
    const listeningMs = performance.now() - startedAt;
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const agent = await deployEcho(client, 1);
    const task = await client.tasks.createAndWait({ agentId: agent.id, input: { payload: { message: 'hello' } } });
    const finishedMs = performance.now() - startedAt;
    if (task.status !== 'completed') throw new Error(`The first task is ${task.status}.`);
    return { listeningMs, finishedMs, ...(await idle(runtime, idleSeconds)) };
  } finally {
    await runtime.stop();
  }
}

async function idle(runtime, seconds) {
  if (seconds === 0) return {};
  // What follows the task, such as its lines in the log, is no part of being idle.
  await pause(2_000);
  // In these V8 notices that nothing goes on, and collects what the start has left.
  const settlingPercent = await cpuPercent(runtime, 10);
  const idlePercent = await cpuPercent(runtime, seconds);
  return { settlingPercent, idlePercent, residentMegabytes: runtime.residentMegabytes() };
}

/** Of one core, over so many seconds. */
async function cpuPercent(runtime, seconds) {
  const cpuBefore = runtime.cpuMicroseconds();
  const startedAt = performance.now();
  await pause(seconds * 1_000);
  const elapsedMicros = (performance.now() - startedAt) * 1_000;
  return ((runtime.cpuMicroseconds() - cpuBefore) / elapsedMicros) * 100;
}
