import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AgentsAtWork, startAgentsAtWork } from './agents-at-work.test-rig.ts';

const bin = findPostgres();
let server: PostgresServer | undefined;
let work: AgentsAtWork | undefined;

beforeAll(async () => {
  if (bin !== undefined) server = await startPostgres(bin);
});
afterAll(() => server?.stop());
afterEach(async () => {
  expect(work?.errors).toEqual([]);
  await work?.close();
});

const homes = [
  { name: 'sqlite', url: () => undefined },
  ...(bin === undefined ? [] : [{ name: 'postgres', url: () => server?.createDatabase() }]),
];

describe.each(homes)('teams on $name', ({ url }) => {
  test('work in parallel, many tasks at once, and each is completed though its members end at the same moment', async () => {
    work = await startAgentsAtWork(url());
    const { client } = work;
    const members = [];
    for (const role of ['a', 'b', 'c', 'd']) {
      const agent = await work.agent([{ when: {}, reply: { text: role } }]);
      members.push({ agentId: agent.id, role });
    }
    const judge = await work.agent([{ when: {}, reply: { text: 'judged' } }]);
    members.push({ agentId: judge.id, role: 'aggregator' });
    const group = await client.teams.create({ name: 'All', strategy: 'parallel', members });
    const input = { payload: { message: 'Go' } };
    const tasks = await client.tasks.createBatch({
      tasks: Array.from({ length: 10 }, () => ({ teamId: group.id, input })),
    });
    for (const { id } of tasks) {
      const done = await client.tasks.waitForCompletion(id, { timeoutMs: 120_000 });
      expect(done).toMatchObject({ status: 'completed', result: 'judged', attempt: 1 });
    }
    const metrics = await client.teams.getMetrics(group.id);
    expect(metrics.tasks).toMatchObject({ total: 10, completed: 10 });
    expect(metrics.members.map(({ tasks: count }) => count)).toEqual([10, 10, 10, 10, 10]);
    expect(metrics.handoffs.map(({ to, count }) => [to, count])).toEqual(Array(4).fill([judge.id, 10]));
  });

  test('work in sequence, roll out, and are found by their members', async () => {
    work = await startAgentsAtWork(url());
    const { client } = work;
    const [one, two] = [
      await work.agent([{ when: { text: 'Go' }, reply: { text: 'one' } }]),
      await work.agent([{ when: { text: 'one' }, reply: { text: 'two' } }]),
    ];
    const group = await client.teams.create({
      name: 'Line',
      members: [
        { agentId: one.id, role: 'first' },
        { agentId: two.id, role: 'second' },
      ],
    });
    expect((await client.teams.deploy(group.id)).members.every(({ ok }) => ok)).toBe(true);
    const task = await client.tasks.create({ teamId: group.id, input: { payload: { message: 'Go' } } });
    expect(await client.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 })).toMatchObject({ result: 'two' });
    expect((await client.teams.getMetrics(group.id)).handoffs).toEqual([{ from: one.id, to: two.id, count: 1 }]);
    expect((await client.teams.list({ agentId: two.id, search: 'LIN' })).data).toMatchObject([{ id: group.id }]);
    expect((await client.teams.stop(group.id)).members.every(({ ok }) => ok)).toBe(true);
    await client.teams.delete(group.id);
  });
});
