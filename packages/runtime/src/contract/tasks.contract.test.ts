import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractHome, contractHomes, stopContractHomes } from './contract-home.test-rig.ts';

afterAll(stopContractHomes);

const input = { payload: { message: 'Go' } };

describe.each(contractHomes)('tasks on $name', ({ open }) => {
  let home: ContractHome;
  beforeAll(async () => {
    home = await open();
  });
  afterAll(() => home.close());

  /** A task once it waits for a person. */
  async function waiting(agentId: string) {
    const { id } = await home.client.tasks.create({ agentId, input });
    await expect.poll(async () => (await home.client.tasks.getById(id)).status).toBe('waiting');
    return id;
  }

  it('run to their end, step by step, and tell of each', async () => {
    const { tasks } = home.client;
    const agent = await home.agent(
      [
        { when: { tool: 'calculator' }, reply: { text: 'Five.' } },
        { when: {}, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '2+3' } }] } },
      ],
      { tools: ['calculator'] },
    );
    const { id } = await tasks.create({ agentId: agent.id, input, labels: { run: 'one' }, memory: { a: 1 } });
    const seen: string[] = [];
    for await (const event of tasks.events.stream(id)) seen.push(event.type);
    expect(seen).toContain('step.completed');
    const done = await tasks.getById(id);
    expect(done).toMatchObject({ status: 'completed', result: 'Five.', usage: { steps: 3 } });
    expect((await tasks.list({ label: { run: 'one' } })).data).toEqual([done]);
    expect((await tasks.getTrace(id)).steps.map(({ kind }) => kind)).toEqual(['model', 'tool', 'model']);
    expect(await tasks.getStep(id, 2)).toMatchObject({ name: 'calculator', output: { value: 5 } });
    expect(await tasks.getSnapshot(id, 3)).toMatchObject({ taskId: id, step: 3, model: 'scripted' });
    expect((await tasks.events.list(id)).data.at(-1)?.type).toBe('task.status');
    expect((await tasks.events.createStreamUrl(id)).url).toContain('rst_');
    const judged = await tasks.submitFeedback(id, { verdict: 'edited', comment: 'Six', correctedResult: { sum: 6 } });
    expect(await tasks.listFeedback(id)).toEqual([judged]);
  });

  it('are tried again, forked, and compared with what they came from', async () => {
    const { tasks } = home.client;
    const agent = await home.agent([{ when: {}, reply: { text: 'Done.' } }]);
    const source = await tasks.createAndWait({ agentId: agent.id, input }, { timeoutMs: 120_000 });
    const fork = await tasks.fork(source.id, 1, { prompt: 'Another way' });
    expect(fork).toMatchObject({ forkedFrom: { taskId: source.id, step: 1 } });
    const end = await tasks.waitForCompletion(fork.id, { timeoutMs: 120_000 });
    expect((await tasks.listForks(source.id)).data).toEqual([end]);
    expect(await tasks.compare(source.id, fork.id)).toMatchObject({ baseTaskId: source.id, otherTaskId: fork.id });
    const change = { modelProvider: 'openai-compatible' as const, model: 'tireless', tools: ['calculator'] };
    const hasty = await home.agent([], { ...change, limits: { maxSteps: 1 } });
    const failed = await tasks.createAndWait({ agentId: hasty.id, input }, { timeoutMs: 120_000 });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'max_steps' } });
    expect(await tasks.retry(failed.id)).toMatchObject({ retryOf: failed.id });
  });

  it('wait for people, and end when somebody says so', async () => {
    const { tasks } = home.client;
    const tool = { name: 'ask_human', arguments: { question: 'Which?' } };
    const asking = await home.agent(
      [
        { when: { tool: 'ask_human' }, reply: { text: 'Thanks.' } },
        { when: {}, reply: { toolCalls: [tool] } },
      ],
      { tools: ['ask_human'] },
    );
    const asked = await waiting(asking.id);
    expect(await tasks.respond(asked, { answer: 'The red one' })).toMatchObject({ status: 'queued' });
    expect(await tasks.waitForCompletion(asked, { timeoutMs: 120_000 })).toMatchObject({ result: 'Thanks.' });
    const pay = {
      name: 'pay',
      description: 'Pays',
      inputSchema: { type: 'object' },
      enabled: true,
      requiresApproval: true,
      invokeUrl: 'http://127.0.0.1:9/',
    };
    const paying = await home.agent(
      [
        { when: { tool: 'pay' }, reply: { text: 'Well.' } },
        { when: {}, reply: { toolCalls: [{ name: 'pay', arguments: {} }] } },
      ],
      { tools: [pay] },
    );
    const [approved, rejected, cancelled] = [
      await waiting(paying.id),
      await waiting(paying.id),
      await waiting(paying.id),
    ];
    expect(await tasks.approve(approved, { comment: 'Fine' })).toMatchObject({ status: 'queued' });
    expect(await tasks.reject(rejected, { reason: 'Too dear' })).toMatchObject({ status: 'queued' });
    expect(await tasks.cancel(cancelled, { reason: 'No more' })).toMatchObject({ status: 'cancelled' });
    expect(await tasks.waitForCompletion(rejected, { timeoutMs: 120_000 })).toMatchObject({ result: 'Well.' });
  });

  it('come in batches, and are counted', async () => {
    const { tasks } = home.client;
    const agent = await home.agent([{ when: {}, reply: { text: 'Done.' } }]);
    const batch = await tasks.createBatch({ tasks: [1, 2, 3].map(() => ({ agentId: agent.id, input })) });
    for (const { id } of batch) await tasks.waitForCompletion(id, { timeoutMs: 120_000 });
    expect(new Set(batch.map(({ batchId }) => batchId)).size).toBe(1);
    expect(await tasks.getStats({ agentId: agent.id })).toMatchObject({ total: 3 });
    expect((await tasks.getExecutionHistory()).points.length).toBeGreaterThan(0);
  });

  it('carry over the wire what their contract says, no more and no less, on every route', () => {
    home.wire.expectWhole('tasks');
    expect(home.wire.events).toBeGreaterThan(0);
    expect(home.errors).toEqual([]);
  });

  it('leave one entry in the audit log for each change, and none for what was refused', async () => {
    expect(home.wire.changes).toBeGreaterThan(3);
    expect(await home.auditEntries()).toBe(home.wire.changes);
  });
});
