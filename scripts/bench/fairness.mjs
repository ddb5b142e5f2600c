// Whether one tenant's work keeps another's waiting: the engine and the API in this process, without a socket.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRuntime } from '../../packages/runtime/dist/index.js';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { against, atOnce, percentile, round } from './measure.mjs';
import { startOwnPostgres } from './own-postgres.mjs';

const slots = 64;
const largestBatch = 25;
const input = { payload: { message: 'hello' } };

/** @param {{ flood?: number, probes?: number, tenants?: number, tasksEach?: number }} options */
export async function benchFairness({ flood = 10_000, probes = 100, tenants = 200, tasksEach = 50 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  const postgres = await startOwnPostgres();
  try {
    const options = { flood, probes, tenants, tasksEach };
    return {
      ...(await fairnessOf('SQLite', { folder }, options)),
      ...(await fairnessOf('Postgres', { databaseUrl: postgres.createDatabase() }, options)),
    };
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fairnessOf(home, place, { flood, probes, tenants, tasksEach }) {
  const RUNCTL_OPERATOR_KEY = `rctl_${randomBytes(16).toString('hex')}`;
  const runtime = await createRuntime({ ...place, slots, env: { RUNCTL_OPERATOR_KEY } });
  const fetch = (url, init) => runtime.fetch(new Request(url, init));
  const clientOf = (apiKey) => new Runctl({ apiKey, fetch, timeout: 120_000 });
  const operator = clientOf(RUNCTL_OPERATOR_KEY);
  const newTenant = async (name, delayMs, replicas) => {
    const { apiKey } = await operator.tenants.create({ name, ownerEmail: `${name}@example.com` });
    const client = clientOf(apiKey);
    return { client, agentId: await deployScripted(client, delayMs, replicas) };
  };
  try {
    const quiet = await newTenant('quiet', 0, 4);
    const loud = await newTenant('loud', 100, slots);
    const alone = await pickups(quiet, probes);
    await createMany(loud, flood);
    const beside = await pickups(quiet, probes);
    const { byStatus } = await loud.client.tasks.getStats();
    await loud.client.agents.stop(loud.agentId);
    const many = [];
    for (let at = 0; at < tenants; at += 1) many.push(await newTenant(`tenant${at}`, 5, 4));
    const medians = await mediansTogether(many, tasksEach);
    return {
      [`${home}: pickup p50 of a tenant alone, ms`]: percentile(alone, 50),
      [`${home}: pickup p50 beside ${flood} tasks of another, of which ${byStatus.queued} were left, ms`]: percentile(
        beside,
        50,
      ),
      [`${home}: what they delay it by, p50, ms`]: against(percentile(beside, 50) - percentile(alone, 50), 'below 100'),
      [`${home}: what they delay it by, p99, ms`]: percentile(beside, 99) - percentile(alone, 99),
      [`${home}: ${tenants} tenants with ${tasksEach} tasks each at once: median wait of the fastest, ms`]: Math.min(
        ...medians,
      ),
      [`${home}: the same of the slowest, ms`]: Math.max(...medians),
      [`${home}: slowest to fastest`]: against(round(Math.max(...medians) / Math.min(...medians)), 'below 2'),
    };
  } finally {
    await runtime.stop();
  }
}

async function deployScripted(client, delayMs, replicas) {
  const agent = await client.agents.create({
    name: 'Scripted',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Answer.',
    metadata: { simulation: { rules: [{ when: {}, reply: { text: 'Done.', delayMs } }] } },
  });
  await client.agents.deploy(agent.id, { replicas });
  return agent.id;
}

/** Milliseconds until each of some tasks, one after the other, is taken up. */
async function pickups({ client, agentId }, count) {
  const waits = [];
  for (let at = 0; at < count; at += 1) {
    const task = await client.tasks.createAndWait({ agentId, input });
    waits.push(Date.parse(task.startedAt) - Date.parse(task.createdAt));
  }
  return waits;
}

function createMany({ client, agentId }, count, more = {}) {
  const size = Math.min(count, largestBatch);
  const tasks = Array.from({ length: size }, () => ({ agentId, input, ...more }));
  return atOnce(Math.ceil(count / size), 4, () => client.tasks.createBatch({ tasks }));
}

/** Of tenants whose tasks are all due at the same instant: the median wait of each, milliseconds. */
async function mediansTogether(tenants, tasksEach) {
  const dueAt = Date.now() + 15_000;
  const scheduledFor = new Date(dueAt).toISOString();
  for (const tenant of tenants) await createMany(tenant, tasksEach, { scheduledFor });
  if (Date.now() > dueAt) throw new Error('The tasks were not all written before they were due.');
  const medians = [];
  // One after the other: who asks all the time measures the questions.
  for (const { client, agentId } of tenants) {
    const tasks = await allCompleted(client, agentId);
    medians.push(
      percentile(
        tasks.map(({ startedAt }) => Date.parse(startedAt) - dueAt),
        50,
      ),
    );
  }
  return medians;
}

async function allCompleted(client, agentId) {
  for (;;) {
    const { data } = await client.tasks.list({ agentId, limit: 100 });
    if (data.every(({ status }) => status === 'completed')) return data;
    await pause(500);
  }
}
