import type { Task } from '@runctl/tasks';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentsAtWork, Rule } from '../agents-at-work.test-rig.ts';
import { expectInvariants } from './home-reader.test-rig.ts';
import { runtimeHomes, stopRuntimeHomes } from './runtime-homes.test-rig.ts';
import { bookTool, startToolServer, type ToolServer } from './story.test-rig.ts';

afterAll(stopRuntimeHomes);

const booking: Rule[] = [
  { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
  { when: { tool: 'book' }, reply: { text: 'booked' } },
];
const slow: Rule[] = [{ when: {}, reply: { text: 'late', delayMs: 60_000 } }];

describe.each(runtimeHomes)('a task is cancelled on $name (R59)', ({ start }) => {
  let work: AgentsAtWork;
  let tool: ToolServer;
  beforeEach(async () => {
    work = await start();
    tool = await startToolServer(3_000);
  });
  afterEach(async () => {
    expect(work.errors).toEqual([]);
    await expectInvariants(work.place);
    await work.close();
    await tool.close();
  });

  const reaches = (task: Task, status: Task['status']) =>
    expect.poll(async () => (await work.client.tasks.getById(task.id)).status, { interval: 5 }).toBe(status);
  const askSlow = async (more = {}) => work.ask(await work.agent(slow), 'Go', more);

  /** How a task comes to each status in which it can be cancelled. */
  const open: Record<string, () => Promise<Task>> = {
    'while it is scheduled': () => askSlow({ scheduledFor: new Date(Date.now() + 3_600_000).toISOString() }),
    'while it is queued': async () => {
      const agent = await work.agent(slow);
      await work.client.agents.scale(agent.id, { desiredReplicas: 0 });
      return work.ask(agent, 'Go');
    },
    'while a model is called': async () => {
      const task = await askSlow();
      await reaches(task, 'running');
      return task;
    },
    'while a tool is called': async () => {
      const task = await work.ask(await work.agent(booking, { tools: [bookTool(tool.url, false)] }), 'Go');
      await expect.poll(() => tool.keys.length).toBe(1);
      return task;
    },
    'while it waits for a person': async () => {
      const task = await work.ask(await work.agent(booking, { tools: [bookTool(tool.url)] }), 'Go');
      await work.waiting(task);
      return task;
    },
    'while it waits for a child': async () => {
      const worker = await work.agent(slow);
      const rules = [
        { when: {}, reply: { toolCalls: [{ name: 'delegate_to_worker', arguments: { instruction: 'Go.' } }] } },
      ];
      const members = [{ agentId: worker.id, role: 'worker' }];
      const task = await work.ask(await work.agent(rules, { type: 'supervisor', members }), 'Go');
      await work.waiting(task);
      return task;
    },
  };

  test.each(Object.keys(open))(
    '%s: it ends at once, its children too, and a second time changes nothing',
    async (when) => {
      const task = await open[when]?.();
      if (task === undefined) throw new RangeError(when);
      const cancelled = await work.client.tasks.cancel(task.id, { reason: 'no need' });
      expect(cancelled).toMatchObject({ status: 'cancelled', error: { code: 'cancelled', message: 'no need' } });
      const again = await Promise.all(Array.from({ length: 5 }, () => work.client.tasks.cancel(task.id)));
      expect(again).toEqual(again.map(() => cancelled));
      const { data: children } = await work.client.tasks.list({ parentTaskId: task.id });
      expect(children.filter(({ status }) => status !== 'cancelled')).toEqual([]);
      // Long enough for the answer of the tool to come.
      if (when.includes('tool')) await new Promise((resolve) => setTimeout(resolve, 3_300));
      expect(await work.client.tasks.getById(task.id)).toEqual(cancelled);
      if (when.includes('called')) expect((await work.steps(task)).length).toBeLessThan(2);
      // The step that it waited with has failed, and it says so before its end.
      const { data: told } = await work.client.tasks.events.list(task.id, { limit: 100 });
      const failed = told.filter(({ type }) => type === 'step.failed').map(({ data }) => data);
      const waited = { status: 'failed', error: { code: 'cancelled' } };
      expect(failed).toMatchObject(when.includes('waits') ? [waited] : []);
      expect(told.at(-1)).toMatchObject({ type: 'task.status', data: { status: 'cancelled' } });
    },
  );

  test('after its end: it stays what it is', async () => {
    const completed = await work.run(await work.agent([{ when: {}, reply: { text: 'done' } }]), 'Go');
    const broken = [{ when: {}, reply: { error: { code: 'provider_error', message: 'Overloaded.' } } }];
    const failed = await work.run(await work.agent(broken), 'Go');
    const cancelled = await work.client.tasks.cancel((await askSlow()).id);
    for (const task of [completed, failed, cancelled]) expect(await work.client.tasks.cancel(task.id)).toEqual(task);
    expect([completed.status, failed.status, cancelled.status]).toEqual(['completed', 'failed', 'cancelled']);
  });

  test('while its steps are being committed: it ends as cancelled or as it had ended, and stays so', async () => {
    const rules: Rule[] = [
      ...[1, 2, 3].map((step) => ({
        when: { step: 2 * step - 1 },
        reply: { toolCalls: [{ name: 'calculator', arguments: { expression: `${step} + 1` } }] },
      })),
      { when: {}, reply: { text: 'done' } },
    ];
    const agent = await work.agent(rules, { tools: ['calculator'] });
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const task = await work.ask(agent, 'Go');
        await new Promise((resolve) => setTimeout(resolve, index * 2));
        return work.client.tasks.cancel(task.id);
      }),
    );
    expect(outcomes.filter(({ status }) => status !== 'cancelled' && status !== 'completed')).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const later = await Promise.all(outcomes.map(({ id }) => work.client.tasks.getById(id)));
    expect(later).toEqual(outcomes);
  });
});
