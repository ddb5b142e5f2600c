// Tasks of one simulated step on Postgres: two worker processes run what this process writes into the store, without
// HTTP. Beside it as many empty jobs through two processes of Graphile Worker, on a database of the same server.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRuntime } from '../../packages/runtime/dist/index.js';
import { openPostgresStore } from '../../packages/runtime/dist/store/postgres/postgres-store.js';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { against, percentile, round } from './measure.mjs';
import { cpuMicrosecondsOf, startOwnPostgres } from './own-postgres.mjs';
import { installPeers, queuePeers } from './peers.mjs';
import { TaskWriter } from './task-writer.mjs';
import { cpuMeter, startWorkerProcess } from './worker-process.mjs';

const command = new URL('../../packages/runtime/dist/bin/main.js', import.meta.url).pathname;
/** Of each worker. */
const slots = 256;
const calmPauseMs = 4;

/** @param {{ tasks?: number, calmTasks?: number, rounds?: number, peers?: boolean }} options `peers`: Graphile Worker too */
export async function benchPostgres({ tasks = 10_000, calmTasks = 1_000, rounds = 3, peers = false } = {}) {
  const postgres = await startOwnPostgres();
  try {
    const options = { tasks, calmTasks, rounds };
    return {
      ...(await ours(postgres.createDatabase(), options)),
      ...(peers ? await graphileWorker(postgres.createDatabase(), options) : {}),
    };
  } finally {
    await postgres.stop();
  }
}

async function ours(url, { tasks, calmTasks, rounds }) {
  const store = await openPostgresStore({ url });
  const workers = [1, 2].map(() => startWorkerProcess([command, 'worker', '--database-url', url]));
  try {
    while ((await store.query.selectFrom('workers').select('id').execute()).length < 2) await pause(50);
    const writer = new TaskWriter(store, await deployOn(url));
    await writer.untilInService();
    await writer.flood(2_000);
    const runs = [];
    for (let at = 0; at < rounds; at += 1) {
      runs.push(await measured(() => writer.flood(tasks), { workers, url, tasks }));
    }
    const calm = await writer.drip(calmTasks, calmPauseMs);
    return {
      ...rates('Runctl', 'tasks', runs, 'at least 2500'),
      'Runctl: failed tasks': writer.failed,
      'Runctl: pickup p50 at some 200 tasks a second, ms': against(percentile(calm, 50), 'below 10'),
      'Runctl: pickup p99, ms': percentile(calm, 99),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await store.close();
  }
}

async function graphileWorker(url, { tasks, calmTasks, rounds }) {
  const script = join(await installPeers(queuePeers, 'queues'), 'queues', 'graphile-worker.mjs');
  const { openQueue } = await import(script);
  const queue = await openQueue(url);
  const workers = [1, 2].map(() => startWorkerProcess([script, url, String(slots)]));
  const empty = async () => {
    while ((await queue.left()) > 0) await pause(20);
  };
  const flood = async () => {
    for (let at = 0; at < tasks; at += 100) await queue.add(100, false);
    await empty();
  };
  try {
    await queue.add(2_000, false);
    await empty();
    const runs = [];
    for (let at = 0; at < rounds; at += 1) runs.push(await measured(flood, { workers, url, tasks }));
    for (let at = 0; at < calmTasks; at += 1) {
      await queue.add(1, true);
      await pause(calmPauseMs);
    }
    await empty();
    const calm = workers.flatMap((worker) => worker.lines().map(Number));
    return {
      ...rates('Graphile Worker', 'empty jobs', runs),
      'Graphile Worker: pickup p50, ms': percentile(calm, 50),
      'Graphile Worker: pickup p99, ms': percentile(calm, 99),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await queue.close();
  }
}

async function deployOn(databaseUrl) {
  const runtime = await createRuntime({ databaseUrl, slots: 0 });
  const fetch = (input, init) => runtime.fetch(new Request(input, init));
  const client = new Runctl({ apiKey: runtime.newApiKey, fetch });
  const agent = await deployEcho(client, 2 * slots);
  const { tenantId } = await client.tenants.whoami();
  await runtime.stop();
  return { agentId: agent.id, tenantId };
}

async function measured(flood, { workers, url, tasks }) {
  const meter = cpuMeter(workers, () => cpuMicrosecondsOf(url));
  const startedAt = performance.now();
  await flood();
  const rate = (tasks * 1_000) / (performance.now() - startedAt);
  const cpu = Object.values(meter()).map((micros) => round(micros / tasks));
  return { rate, cpu };
}

function rates(whose, what, runs, bar) {
  const best = runs.toSorted((a, b) => b.rate - a.rate)[0];
  const rate = round(best.rate);
  return {
    [`${whose}: ${what} a second through two workers, the best of ${runs.length}`]: bar ? against(rate, bar) : rate,
    [`${whose}: in each round`]: runs.map((run) => round(run.rate)).join(' '),
    [`${whose}: CPU of both workers, of Postgres and of who writes, µs for one`]: best.cpu.join(' '),
  };
}
