// An API and two workers on one Postgres. One worker dies by kill -9 in the middle; every task completes all the same.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Runctl } from '@runctl/sdk';
import { findPostgres, startPostgres } from './postgres.ts';
import { startRunctl } from './runctl.ts';

const bin = findPostgres();
if (!process.env.DATABASE_URL && bin === undefined) {
  console.log('skipped: no Postgres here. Set DATABASE_URL, or install it (Debian: apt install postgresql).');
  process.exit(0);
}
const postgres = process.env.DATABASE_URL
  ? { url: process.env.DATABASE_URL, stop: async () => {} }
  : await startPostgres(bin ?? '');

const place = ['--database-url', postgres.url];
// No slots: this process answers requests and runs nothing.
const api = await startRunctl('serve', ...place, '--host', '127.0.0.1', '--port', '0', '--slots', '0');
const workers = [await startRunctl('worker', ...place), await startRunctl('worker', ...place)];
console.log(
  `One API (pid ${api.pid}) and two workers (pids ${workers.map(({ pid }) => pid).join(' and ')}) on Postgres`,
);

// The first key is shown once, at the first start on an empty database.
const apiKey = process.env.RUNCTL_POSTGRES_API_KEY ?? /\brctl_\w{32}\b/.exec(api.said)?.[0];
assert(apiKey, 'This database is not new: set RUNCTL_POSTGRES_API_KEY to its key.');
const baseUrl = /\bhttp:[^\s,]+/.exec(api.said)?.[0];
assert(baseUrl, `It did not say where it listens: ${api.said}`);
const client = new Runctl({ apiKey, baseUrl });

const agent = await client.agents.create({
  name: 'Slow thinker',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the workers run
  model: 'scripted', // 'gpt-4o-mini'
  systemPrompt: 'Calculate, then answer.',
  tools: ['calculator'],
  // Two model calls with a tool call between them, about a second a task.
  metadata: {
    simulation: {
      rules: [
        { when: { tool: 'calculator' }, reply: { text: '42', delayMs: 500 } },
        { when: {}, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '6 * 7' } }], delayMs: 500 } },
      ],
    },
  },
});
await client.agents.deploy(agent.id, { replicas: 8 });

const input = { payload: { message: 'What is 6 * 7?' } };
const tasks = await client.tasks.createBatch({
  tasks: Array.from({ length: 24 }, () => ({ agentId: agent.id, input })),
});
while ((await count('running')) < 8) await pause(20);
// By now these eight have called the tool, and are in their second model call.
await pause(700);

const [first] = workers;
await first?.kill();
console.log(
  `kill -9 ${first?.pid}, with ${await count('running')} tasks under way and ${await count('completed')} completed`,
);

const done = await Promise.all(tasks.map(({ id }) => client.tasks.waitForCompletion(id)));
const again = done.filter(({ attempt }) => attempt > 1);
console.log(
  `${done.length} tasks: ${await count('completed')} completed, ${again.length} of them taken over by the other worker`,
);

for (const { id } of again.slice(0, 1)) {
  const { steps } = await client.tasks.getTrace(id);
  console.log(`  one of these: ${steps.map(({ step, name, status }) => `${step} ${name} ${status}`).join(', ')}`);
}
console.log('No model was called: the provider is "simulated". The processes, the database and kill -9 are real.');

await workers[1]?.stop();
await api.stop();
await postgres.stop();

assert(done.every((task) => task.status === 'completed' && task.usage.steps === 3));
assert(again.length > 0, 'The killed worker was to have work.');

async function count(status: 'running' | 'completed'): Promise<number> {
  return (await client.tasks.list({ status, limit: 100 })).data.length;
}
