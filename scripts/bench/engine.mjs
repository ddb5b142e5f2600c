// Tasks of one simulated step through the embedded store and the engine, without HTTP.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime } from '../../packages/runtime/dist/index.js';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { against, round } from './measure.mjs';

const worker = new URL('./engine-process.mjs', import.meta.url).pathname;

/**
 * The rate with as many tasks at once as keep the engine busy; how soon one is picked up, with as few as leave it air.
 *
 * @param {{ tasks?: number, concurrency?: number, few?: number }} options
 */
export async function benchEngine({ tasks = 20_000, concurrency = 64, few = 16 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  try {
    const agentId = await prepareFolder(folder, concurrency);
    const run = async (times, atOnce) =>
      JSON.parse(await outputOf([worker, folder, agentId, String(times), String(atOnce)]));
    const figures = await run(tasks, concurrency);
    const unhurried = await run(tasks / 4, few);
    return {
      'tasks a second, written to the store and run to their end': against(round(figures.rate), 'at least 5000'),
      'failed tasks': figures.failed + unhurried.failed,
      'CPU of the process, µs a task': round(figures.cpuMicrosPerTask),
      [`pickup p50 with ${few} at once, ms`]: against(round(unhurried.pickupP50Ms), 'below 3'),
      [`pickup p99 with ${few} at once, ms`]: against(round(unhurried.pickupP99Ms), 'below 15'),
      [`pickup p50 with ${concurrency} at once, ms`]: round(figures.pickupP50Ms),
      'resident after it, MB': against(round(figures.residentMegabytes), 'at most 120'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function prepareFolder(folder, replicas) {
  const runtime = await createRuntime({ folder });
  const fetch = (input, init) => runtime.fetch(new Request(input, init));
  const agent = await deployEcho(new Runctl({ apiKey: runtime.newApiKey, fetch }), replicas);
  await runtime.stop();
  return agent.id;
}

function outputOf(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`The engine ended with exit code ${code}.`)),
    );
  });
}
