// Looks at a store with 100,000 finished tasks, from the SDK over HTTP, on both homes: each kind from a process that has
// just started, then again and again, and all kinds in turn for as long as it takes to see whether memory stays.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime } from '../../packages/runtime/dist/index.js';
import { foldHours } from '../../packages/runtime/dist/services/statistics/fold-hours.js';
import { openPostgresStore } from '../../packages/runtime/dist/store/postgres/postgres-store.js';
import { openSqliteStore } from '../../packages/runtime/dist/store/sqlite/sqlite-store.js';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { writeFinishedTasks } from './finished-tasks.mjs';
import { against, atOnce, percentile, round } from './measure.mjs';
import { startOwnPostgres } from './own-postgres.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

const bar = 'below 50';

/** @param {{ tasks?: number, requests?: number, mixed?: number }} options `requests`: of each kind; `mixed`: of all in turn */
export async function benchReads({ tasks = 100_000, requests = 200, mixed = 20_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  const postgres = await startOwnPostgres();
  const counts = { tasks, requests, mixed };
  try {
    const url = postgres.createDatabase();
    return {
      ...(await readsOf('SQLite', { folder }, { ...counts, open: async () => openSqliteStore({ folder }) })),
      ...(await readsOf('Postgres', { databaseUrl: url }, { ...counts, open: () => openPostgresStore({ url }) })),
    };
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readsOf(name, home, { tasks, requests, mixed, open }) {
  const { apiKey, agentId } = await prepare(home, open, tasks);
  const kinds = await withRuntime(home, apiKey, (client) => looks(client, agentId));
  const figures = {};
  for (const [what, look] of Object.entries(kinds)) {
    figures[`${name}: ${what}: p50, p99, the first of a process, CPU of the runtime; ms`] = await withRuntime(
      home,
      apiKey,
      (client, runtime) => figuresOf(look, requests, client, runtime),
    );
  }
  const memory = await withRuntime(home, apiKey, (client, runtime) => memoryOver(mixed, kinds, client, runtime));
  figures[`${name}: resident and heap, MB, at the start, halfway and at the end of ${mixed} looks`] = memory;
  return figures;
}

/** A process of its own, which has looked at nothing yet. */
async function withRuntime(home, apiKey, work) {
  const runtime = await startRuntimeProcess(home, { metrics: true });
  try {
    const client = new Runctl({ apiKey, baseUrl: runtime.url, timeout: 30_000 });
    await client.tenants.whoami();
    return await work(client, runtime);
  } finally {
    await runtime.stop();
  }
}

async function figuresOf(look, requests, client, runtime) {
  const first = await timed(() => look(client));
  const cpuBefore = runtime.cpuMicroseconds();
  const times = [];
  for (let at = 0; at < requests; at += 1) times.push(await timed(() => look(client)));
  const cpuMs = (runtime.cpuMicroseconds() - cpuBefore) / requests / 1_000;
  const [p50, p99] = [50, 99].map((percent) => round(percentile(times, percent)));
  return `${p50}  ${against(p99, bar)}  ${round(first)}  ${round(cpuMs)}`;
}

/** Halfway everything has been looked at hundreds of times: what grows from there on goes on growing. */
async function memoryOver(count, kinds, client, runtime) {
  const all = Object.values(kinds);
  const figures = [await memoryOf(runtime)];
  for (const half of [0, 1]) {
    let at = Math.round((half * count) / 2);
    await atOnce(Math.round(count / 2), 4, () => all[at++ % all.length](client));
    figures.push(await memoryOf(runtime));
  }
  return figures.join(', ');
}

async function memoryOf(runtime) {
  return `${runtime.residentMegabytes()} ${await runtime.heapMegabytes()}`;
}

async function prepare(home, open, tasks) {
  const runtime = await createRuntime({ ...home, slots: home.folder === undefined ? 0 : 4 });
  const fetch = (input, init) => runtime.fetch(new Request(input, init));
  const client = new Runctl({ apiKey: runtime.newApiKey, fetch });
  const agent = await deployEcho(client, 1);
  const { tenantId } = await client.tenants.whoami();
  await runtime.stop();
  const store = await open();
  await writeFinishedTasks(store, { tenantId, agentId: agent.id }, tasks);
  // As the housekeeping does each quarter of an hour: a past that is written at once has had none.
  await foldHours(store.ofTenant(tenantId), tenantId, Date.now());
  await store.close();
  return { apiKey: runtime.newApiKey, agentId: agent.id };
}

async function looks(client, agentId) {
  const page = await client.tasks.list({ limit: 100 });
  let deep = page;
  for (let at = 0; at < 200; at += 1) deep = await client.tasks.list({ limit: 100, cursor: deep.nextCursor });
  const ids = deep.data.map(({ id }) => id);
  let turn = 0;
  const someId = () => ids[turn++ % ids.length];
  const { tenantId } = await client.tenants.whoami();
  const week = { fromDate: new Date(Date.now() - 7 * 86_400_000) };
  return {
    'list, first page of 100': (of) => of.tasks.list({ limit: 100 }),
    'list, 20,000 deep': (of) => of.tasks.list({ limit: 100, cursor: deep.nextCursor }),
    'list, failed ones of an agent': (of) => of.tasks.list({ limit: 100, agentId, status: ['failed'] }),
    'list, those under way': (of) => of.tasks.list({ limit: 100, status: ['queued', 'running'] }),
    'list, of a week': (of) => of.tasks.list({ limit: 100, ...week }),
    trace: (of) => of.tasks.getTrace(someId()),
    stats: (of) => of.tasks.getStats(),
    'stats of an agent and a week': (of) => of.tasks.getStats({ agentId, period: 'week' }),
    'history of a month': (of) => of.tasks.getExecutionHistory({ period: 'month' }),
    'history of a day': (of) => of.tasks.getExecutionHistory({ period: 'day' }),
    'usage of a month': (of) => of.tenants.getUsageHistory(tenantId, { period: 'month' }),
    'metrics of an agent over a month': (of) => of.agents.getMetrics(agentId, { period: 'month' }),
    'performance of an agent': (of) => of.agents.analytics.getPerformance(agentId),
    'optimization of an agent': (of) => of.agents.analytics.getOptimizationMetrics(agentId),
    'approval rates of an agent': (of) => of.agents.analytics.getApprovalRates(agentId),
    'log of an agent': (of) => of.agents.getLogs(agentId, { limit: 100 }),
    'audit log': (of) => of.tenants.listAuditLog(tenantId, { limit: 100 }),
  };
}

async function timed(read) {
  const startedAt = performance.now();
  await read();
  return performance.now() - startedAt;
}
