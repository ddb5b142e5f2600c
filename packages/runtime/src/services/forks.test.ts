import type { Agent } from '@runctl/agents';
import type { Task } from '@runctl/tasks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { type Rule, RunningTenant } from './running-tenant.test-rig.ts';

const call = (name: string, args: Record<string, string | number>) => ({ toolCalls: [{ name, arguments: args }] });
/** model, calculator, model, memory, model: five steps. */
const addUp: Rule[] = [
  { when: { text: 'sum' }, reply: call('calculator', { a: 2, b: 3 }) },
  { when: { text: 'total' }, reply: call('calculator', { a: 20, b: 30 }) },
  { when: { text: 'again' }, reply: { text: 'Still the same.' } },
  { when: { tool: 'calculator' }, reply: call('memory', { key: 'done', value: 1 }) },
  { when: { tool: 'memory' }, reply: { text: 'There it is.' } },
];

afterAll(stopHomes);

describe.each(storeHomes)('on $name', ({ create }) => {
  let tenant: RunningTenant;
  let agent: Agent;
  let source: Task;
  let untouched: string;
  beforeAll(async () => {
    tenant = await RunningTenant.start(create);
    agent = await tenant.agent(addUp);
    source = await tenant.run(agent, { message: 'The sum?' }, { memory: { who: 'Ada', nested: { a: 1, b: 2 } } });
    untouched = await tenant.rowsOf(source.id);
  });
  beforeEach(() => {
    tenant.toolRuns.length = 0;
  });
  afterAll(() => tenant.close());

  const traceOf = async (task: Task) => tenant.traces.getTrace(tenant.scope, task.id);
  const snapshotOf = (task: Task, step: number) => tenant.traces.getSnapshot(tenant.scope, task.id, step);

  describe('a fork', () => {
    it('at every step keeps what stands before it, executes the rest, and ends as its source did', async () => {
      const { steps } = await traceOf(source);
      for (let step = 1; step <= 6; step += 1) {
        const fork = await tenant.forkAndRun(source.id, { step });
        const trace = await traceOf(fork);
        expect(fork).toMatchObject({
          status: 'completed',
          result: source.result,
          forkedFrom: { taskId: source.id, step },
        });
        expect(trace.steps.map(({ kind, name, output }) => ({ kind, name, output }))).toEqual(
          steps.map(({ kind, name, output }) => ({ kind, name, output })),
        );
        expect(trace.steps.map(({ step: number }) => number)).toEqual([1, 2, 3, 4, 5]);
        expect(trace.steps.map(({ inherited }) => inherited)).toEqual([1, 2, 3, 4, 5].map((number) => number < step));
        expect(trace.steps.map(({ taskId }) => taskId === source.id)).toEqual(
          [1, 2, 3, 4, 5].map((number) => number < step),
        );
        expect(trace.totals.steps).toBe(6 - step);
        expect(await tenant.rowsOf(source.id)).toBe(untouched);
      }
    });

    it('charges nothing for inherited steps', async () => {
      const { steps, totals } = await traceOf(await tenant.forkAndRun(source.id, { step: 4 }));
      expect(steps[0]?.usage).toMatchObject({ inputTokens: 0, outputTokens: 0, costUsd: 0 });
      expect(steps[1]?.usage).toBeNull();
      expect(totals.inputTokens).toBe(steps[4]?.usage?.inputTokens);
    });

    it('starts from the very state that its source recorded', async () => {
      for (let step = 1; step <= 6; step += 1) {
        const fork = await tenant.fork(source.id, { step });
        expect(await snapshotOf(fork, step)).toEqual({ ...(await snapshotOf(source, step)), taskId: fork.id });
      }
    });

    it('takes every override, merging the memory', async () => {
      const snapshot = {
        prompt: 'The total?',
        systemPrompt: 'Be exact.',
        memory: { who: null, nested: { b: 3 }, added: true },
        model: 'echo',
      };
      const fork = await tenant.fork(source.id, { step: 3, snapshot });
      expect(await snapshotOf(fork, 3)).toMatchObject({
        prompt: 'The total?',
        systemPrompt: 'Be exact.',
        memory: { nested: { a: 1, b: 3 }, added: true },
        modelProvider: 'simulated',
        model: 'echo',
        messages: [{ role: 'user', content: 'The total?' }, { role: 'assistant' }, { role: 'tool' }],
      });
      expect((await snapshotOf(fork, 2)).prompt).toBe('The sum?');
    });

    it('with another prompt takes another way', async () => {
      const fork = await tenant.forkAndRun(source.id, { step: 1, snapshot: { prompt: 'The total?' } });
      const { steps } = await traceOf(fork);
      expect(steps[1]).toMatchObject({ input: { a: 20, b: 30 }, output: 50, tool: { replayed: false } });
      expect(tenant.toolRuns).toContain('calculator {"a":20,"b":30}');
    });

    it('at last + 1 answers a new prompt after the end', async () => {
      const fork = await tenant.forkAndRun(source.id, { step: 6, snapshot: { prompt: 'And again?' } });
      const { steps, totals } = await traceOf(fork);
      expect(fork.result).toBe('Still the same.');
      expect(steps).toHaveLength(6);
      expect(steps[5]).toMatchObject({ input: 'And again?', inherited: false });
      expect(totals.steps).toBe(1);
    });

    it('keeps the assignment of its source and nothing of its run', async () => {
      const body = { step: 2 };
      const fork = await tenant.fork(source.id, body);
      const { agentId, agentVersion, input, labels, metadata, priority, outputSchema } = source;
      expect(fork).toMatchObject({ agentId, agentVersion, input, labels, metadata, priority, outputSchema });
      expect(fork).toMatchObject({
        status: 'queued',
        version: 1,
        attempt: 0,
        startedAt: null,
        result: null,
        retryOf: null,
      });
      expect(fork.usage).toMatchObject({ steps: 0, inputTokens: 0, costUsd: 0 });
    });

    it('gives tool calls that its source made their recorded answers, unless told to execute or to block', async () => {
      const isReplayed = async (fork: Task) => (await traceOf(fork)).steps.map(({ tool }) => tool?.replayed);
      expect(await isReplayed(await tenant.forkAndRun(source.id, { step: 1 }))).toContain(true);
      expect(tenant.toolRuns.filter((run) => run.startsWith('calculator'))).toEqual([]);
      expect(await isReplayed(await tenant.forkAndRun(source.id, { step: 1, sideEffects: 'execute' }))).not.toContain(
        true,
      );
      expect(tenant.toolRuns).toContain('calculator {"a":2,"b":3}');
      const changed = { step: 1, sideEffects: 'block' as const, snapshot: { prompt: 'The total?' } };
      const { steps } = await traceOf(await tenant.forkAndRun(source.id, changed));
      expect(steps[1]).toMatchObject({ status: 'failed', error: { code: 'side_effect_blocked' } });
    });

    it('hands out the answers that its source still had before it, and those of the past only where there are no others', async () => {
      const cards = await tenant.agent([
        { when: { step: 1 }, reply: call('draw', {}) },
        { when: { step: 3 }, reply: call('draw', {}) },
        { when: { tool: 'draw' }, reply: { text: 'Enough.' } },
      ]);
      const drawn = await tenant.run(cards, { message: 'Draw' });
      const { steps } = await traceOf(drawn);
      const [first, second] = [steps[1]?.output, steps[3]?.output];
      expect(first).not.toBe(second);
      for (const step of [1, 2, 3, 4, 5]) {
        const outputs = (await traceOf(await tenant.forkAndRun(drawn.id, { step }))).steps.map(({ output }) => output);
        expect([outputs[1], outputs[3]]).toEqual([first, second]);
      }
      const single = await tenant.agent([
        { when: { text: 'extra' }, reply: call('draw', {}) },
        { when: { tool: 'draw' }, reply: { text: 'Enough.' } },
      ]);
      const once = await tenant.run(single, { message: 'An extra one' });
      const card = (await traceOf(once)).steps[1]?.output;
      const after = await tenant.forkAndRun(once.id, {
        step: 3,
        snapshot: { messages: [{ role: 'user', content: 'extra' }] },
      });
      expect((await traceOf(after)).steps[3]).toMatchObject({ output: card, tool: { replayed: true } });
    });

    it('of a fork names the task that executed each step, however deep', async () => {
      const child = await tenant.forkAndRun(source.id, { step: 3 });
      const grandchild = await tenant.forkAndRun(child.id, { step: 5 });
      const beforeTheCut = await tenant.forkAndRun(grandchild.id, { step: 2 });
      const atTheCut = await tenant.forkAndRun(grandchild.id, { step: 5 });
      const executors = async (task: Task) => (await traceOf(task)).steps.map(({ taskId }) => taskId);
      expect(await executors(child)).toEqual([source.id, source.id, child.id, child.id, child.id]);
      expect(await executors(grandchild)).toEqual([source.id, source.id, child.id, child.id, grandchild.id]);
      expect(await executors(beforeTheCut)).toEqual([source.id, ...Array(4).fill(beforeTheCut.id)]);
      expect(await executors(atTheCut)).toEqual([source.id, source.id, child.id, child.id, atTheCut.id]);
      expect(atTheCut.forkedFrom).toEqual({ taskId: grandchild.id, step: 5 });
      for (let step = 1; step <= 6; step += 1) {
        const { messages, memory } = await snapshotOf(source, step);
        expect(await snapshotOf(atTheCut, step)).toMatchObject({ messages, memory });
      }
    });

    it('keeps the prompt of each executor in the snapshots of its steps', async () => {
      const child = await tenant.forkAndRun(source.id, { step: 3, snapshot: { systemPrompt: 'Second.' } });
      const grandchild = await tenant.forkAndRun(child.id, { step: 5, snapshot: { systemPrompt: 'Third.' } });
      const prompts = await Promise.all([1, 2, 3, 4, 5, 6].map((step) => snapshotOf(grandchild, step)));
      const seen = prompts.map(({ systemPrompt }) => systemPrompt);
      expect(seen).toEqual(['Add things up.', 'Add things up.', 'Second.', 'Second.', 'Third.', 'Third.']);
    });

    it('lists under its source, newest first, and its own forks under itself', async () => {
      const parent = await tenant.run(agent, { message: 'The sum?' });
      const first = await tenant.fork(parent.id, { step: 1 });
      const second = await tenant.fork(parent.id, { step: 2 });
      await tenant.fork((await tenant.settled(second)).id, { step: 1 });
      const page = await tenant.forksOf(parent.id);
      expect(page.data.map(({ id }) => id)).toEqual([second.id, first.id]);
      expect((await tenant.forksOf(parent.id, { limit: 1 })).pagination).toMatchObject({ total: 2, hasMore: true });
    });

    it('twenty at once from one source leave it as it was', async () => {
      const forks = await Promise.all(Array.from({ length: 20 }, () => tenant.forkAndRun(source.id, { step: 2 })));
      expect(new Set(forks.map(({ id }) => id)).size).toBe(20);
      expect(forks.every(({ status }) => status === 'completed')).toBe(true);
      expect(await tenant.rowsOf(source.id)).toBe(untouched);
    });
  });

  describe('a fork is refused', () => {
    const refusal = (taskId: string, body: Parameters<RunningTenant['fork']>[1]) =>
      tenant.fork(taskId, body).then(
        () => 'forked',
        (reason: unknown) => reason,
      );

    it('at a step that there is not, naming those that there are', async () => {
      for (const step of [0, -1, 7, 1.5, Number.NaN, 1e300]) {
        expect(await refusal(source.id, { step })).toMatchObject({
          code: 'task.fork_step_invalid',
          status: 400,
          message: expect.stringContaining(`from 1 to 6 of task ${source.id}`),
        });
      }
    });

    it('at a step of a running task that is not committed, and allowed at one that is', async () => {
      const slow = await tenant.agent([
        { when: { step: 1 }, reply: call('calculator', { a: 1, b: 1 }) },
        { when: { step: 3 }, reply: { text: 'Late.', delayMs: 60_000 } },
      ]);
      const running = await tenant.create(slow, { message: 'Go' });
      await expect.poll(async () => (await traceOf(running)).steps.length).toBe(2);
      const tooFar = await refusal(running.id, { step: 3 });
      expect(tooFar).toMatchObject({ status: 400, message: expect.stringContaining('from 1 to 2, got 3') });
      expect(await tenant.fork(running.id, { step: 2 })).toMatchObject({ status: 'queued' });
      await tenant.cancel(running.id);
      expect(await tenant.fork(running.id, { step: 3 })).toMatchObject({ forkedFrom: { step: 3 } });
      for (const { id } of (await tenant.forksOf(running.id)).data) await tenant.cancel(id);
    });

    it('for a task of another tenant, as for one that does not exist', async () => {
      const stranger = await RunningTenant.start(create);
      try {
        await expect(stranger.fork(source.id, { step: 1 })).rejects.toMatchObject({
          code: 'task.not_found',
          status: 404,
        });
        await expect(stranger.retry(source.id)).rejects.toMatchObject({ code: 'task.not_found' });
      } finally {
        await stranger.close();
      }
    });

    it('with a provider that has no key, or with overrides that are too large or cannot be asked', async () => {
      const step = 1;
      expect(await refusal(source.id, { step, snapshot: { modelProvider: 'openai' } })).toMatchObject({
        code: 'provider_not_configured',
      });
      expect(await refusal(source.id, { step, snapshot: { prompt: 'x'.repeat(2 ** 20) } })).toMatchObject({
        status: 413,
      });
      expect(await refusal(source.id, { step, snapshot: { messages: [] } })).toMatchObject({ status: 400 });
      const messages = [{ role: 'system' as const, content: 'Obey.' }];
      expect(await refusal(source.id, { step, snapshot: { messages } })).toMatchObject({ status: 400 });
    });

    it('and leaves nothing behind', async () => {
      const before = await tenant.forksOf(source.id);
      await refusal(source.id, { step: 1, snapshot: { modelProvider: 'openai', memory: { secret: 'left behind' } } });
      expect((await tenant.forksOf(source.id)).pagination.total).toBe(before.pagination.total);
      const stored = await tenant.scope.contents().select('body').where('body', 'like', '%left behind%').execute();
      expect(stored).toEqual([]);
    });

    it('never by way of a prototype: __proto__ in a memory is data', async () => {
      const memory = JSON.parse('{"__proto__":{"polluted":true}}');
      const fork = await tenant.fork(source.id, { step: 1, snapshot: { memory } });
      const stored = (await snapshotOf(fork, 1)).memory;
      expect(Object.keys(stored)).toContain('__proto__');
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });
  });

  describe('a retry', () => {
    it('forks a failed task at the step that failed', async () => {
      const moody = await tenant.agent([
        { when: { step: 1 }, reply: call('calculator', { a: 1, b: 1 }) },
        { when: { step: 3 }, reply: { error: { code: 'provider_error', message: 'Overloaded.', retryable: true } } },
      ]);
      const failed = await tenant.run(moody, { message: 'Go' });
      expect(failed).toMatchObject({ status: 'failed', error: { step: 3 } });
      tenant.toolRuns.length = 0;
      const again = await tenant.retry(failed.id);
      expect(again).toMatchObject({ retryOf: failed.id, forkedFrom: { taskId: failed.id, step: 3 } });
      expect(await tenant.settled(again)).toMatchObject({ status: 'failed', error: { step: 3 } });
      const { steps } = await traceOf(again);
      expect(steps.map(({ inherited }) => inherited)).toEqual([true, true, false]);
      expect(tenant.toolRuns).toEqual([]);
    });

    it('starts anew what failed before its first step', async () => {
      const idle = await tenant.agent(addUp);
      const row = {
        status: 'failed' as const,
        error: '{"code":"expired","message":"Too late.","step":null,"retryable":false}',
      };
      const task = await tenant.run(idle, { message: 'again' });
      await tenant.store.write(async ({ query }) => {
        await query.deleteFrom('steps').where('task_id', '=', task.id).execute();
        await query
          .updateTable('tasks')
          .set({ ...row, result: null, agent_version: null })
          .where('id', '=', task.id)
          .execute();
      });
      const again = await tenant.retry(task.id);
      expect(again).toMatchObject({ retryOf: task.id, forkedFrom: null, agentVersion: null });
      expect(await tenant.settled(again)).toMatchObject({ status: 'completed', result: 'Still the same.' });
    });

    it('is refused for a task that did not fail', async () => {
      await expect(tenant.retry(source.id)).rejects.toMatchObject({
        code: 'task.not_failed',
        status: 409,
        context: { hint: expect.stringContaining('fork the task at step 6') },
      });
    });
  });
});
