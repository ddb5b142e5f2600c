// Looks at a store with 100,000 finished tasks, from the SDK over HTTP, on both homes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime } from '../../packages/runtime/dist/index.js';
import { openPostgresStore } from '../../packages/runtime/dist/store/postgres/postgres-store.js';
import { openSqliteStore } from '../../packages/runtime/dist/store/sqlite/sqlite-store.js';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { deployEcho } from './echo-agent.mjs';
import { writeFinishedTasks } from './finished-tasks.mjs';
import { against, percentile, round } from './measure.mjs';
import { startOwnPostgres } from './own-postgres.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

const bar = 'below 50';

/** @param {{ tasks?: number, requests?: number }} options `requests`: of each kind */
export async function benchReads({ tasks = 100_000, requests = 200 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  const postgres = await startOwnPostgres();
  try {
    const url = postgres.createDatabase();
    return {
      ...(await readsOf('SQLite', { folder }, { tasks, requests, open: async () => openSqliteStore({ folder }) })),
      ...(await readsOf('Postgres', { databaseUrl: url }, { tasks, requests, open: () => openPostgresStore({ url }) })),
    };
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readsOf(name, home, { tasks, requests, open }) {
  const { apiKey, agentId } = await prepare(home, open, tasks);
  const runtime = await startRuntimeProcess(home);
  try {
    const client = new Runctl({ apiKey, baseUrl: runtime.url, timeout: 30_000 });
    const before = runtime.residentMegabytes();
    const figures = {};
    for (const [what, read] of Object.entries(await looks(client, agentId))) {
      const first = await timed(read);
      const cpuBefore = runtime.cpuMicroseconds();
      const times = [];
      for (let at = 0; at < requests; at += 1) times.push(await timed(read));
      const cpuMs = (runtime.cpuMicroseconds() - cpuBefore) / requests / 1_000;
      const [p50, p99] = [50, 99].map((percent) => round(percentile(times, percent)));
      figures[`${name}: ${what}: p50, p99, the first, CPU of the runtime; ms`] =
        `${p50}  ${against(p99, bar)}  ${round(first)}  ${round(cpuMs)}`;
    }
    figures[`${name}: resident before and after, MB`] = `${before} ${runtime.residentMegabytes()}`;
    return figures;
  } finally {
    await runtime.stop();
  }
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
  return {
    'list, first page of 100': () => client.tasks.list({ limit: 100 }),
    'list, 20,000 deep': () => client.tasks.list({ limit: 100, cursor: deep.nextCursor }),
    'list, failed ones of an agent': () => client.tasks.list({ limit: 100, agentId, status: ['failed'] }),
    trace: () => client.tasks.getTrace(someId()),
    stats: () => client.tasks.getStats(),
    'stats of an agent and a week': () => client.tasks.getStats({ agentId, period: 'week' }),
    'history of a month': () => client.tasks.getExecutionHistory({ period: 'month' }),
    'history of a day': () => client.tasks.getExecutionHistory({ period: 'day' }),
    'metrics of an agent over a month': () => client.agents.getMetrics(agentId, { period: 'month' }),
    'performance of an agent': () => client.agents.analytics.getPerformance(agentId),
    'optimization of an agent': () => client.agents.analytics.getOptimizationMetrics(agentId),
    'approval rates of an agent': () => client.agents.analytics.getApprovalRates(agentId),
  };
}

async function timed(read) {
  const startedAt = performance.now();
  await read();
  return performance.now() - startedAt;
}
