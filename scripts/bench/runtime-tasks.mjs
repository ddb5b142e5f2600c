// Tasks of one simulated step, from the SDK over HTTP to a runtime of its own process, on the embedded store.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { atOnce, percentile, round } from './measure.mjs';

const command = new URL('../../packages/runtime/dist/cli/main.js', import.meta.url).pathname;

/** @param {{ tasks?: number, concurrency?: number, replicas?: number }} options */
export async function benchRuntimeTasks({ tasks = 5_000, concurrency = 64, replicas = 64 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  const spawnedAt = performance.now();
  const child = spawn(process.execPath, [command, 'dev', '--port', '0', '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const { url, apiKey } = await new Promise((resolve, reject) => {
      child.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
      exited.then((code) => reject(new Error(`The runtime ended with exit code ${code}.`)));
    });
    const readyMs = performance.now() - spawnedAt;
    const client = new Runctl({ apiKey, baseUrl: url });
    const agent = await deployEcho(client, replicas);
    const input = { payload: { message: 'hello' } };
    const run = () => client.tasks.createAndWait({ agentId: agent.id, input });
    await run();
    const firstTaskMs = performance.now() - spawnedAt;
    await atOnce(500, concurrency, run);
    const startedAt = performance.now();
    const finished = await atOnce(tasks, concurrency, run);
    const seconds = (performance.now() - startedAt) / 1_000;
    const pickups = finished.map((task) => Date.parse(task.startedAt) - Date.parse(task.createdAt));
    const failed = finished.filter((task) => task.status !== 'completed').length;
    return {
      'tasks a second, created and waited for over HTTP': round(tasks / seconds),
      'failed tasks': failed,
      'pickup p50, ms': percentile(pickups, 50),
      'pickup p99, ms': percentile(pickups, 99),
      'runtime resident after it, MB': residentMegabytes(child.pid),
      'listening after, ms': round(readyMs),
      'first task finished after, ms': round(firstTaskMs),
    };
  } finally {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deployEcho(client, replicas) {
  const agent = await client.agents.create({
    name: 'Echo',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Echo.',
  });
  await client.agents.deploy(agent.id, { replicas });
  return agent;
}

/** Of a process on Linux; null elsewhere. */
function residentMegabytes(pid) {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : round(Number(kilobytes) / 1_024);
  } catch {
    return null;
  }
}
