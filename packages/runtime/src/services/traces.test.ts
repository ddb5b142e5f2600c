import type { Task } from '@runctl/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rule, RunningTenant } from './running-tenant.test-rig.ts';

const addUp: Rule[] = [
  {
    when: { text: 'sum' },
    reply: { text: 'Let me see.', toolCalls: [{ name: 'calculator', arguments: { a: 2, b: 3 } }] },
  },
  { when: { tool: 'calculator' }, reply: { toolCalls: [{ name: 'memory', arguments: { key: 'sum', value: 5 } }] } },
  { when: { tool: 'memory' }, reply: { text: 'It is 5.' } },
];

let tenant: RunningTenant;
let task: Task;
beforeAll(async () => {
  tenant = await RunningTenant.start();
  task = await tenant.run(await tenant.agent(addUp), { message: 'The sum?' });
});
afterAll(() => tenant.close());

describe('a trace', () => {
  it('shows each model call and each tool call, dense from 1, with what went in and came out', async () => {
    const { steps, status, taskId, forkedFrom } = await tenant.traces.getTrace(tenant.scope, task.id);
    expect({ status, taskId, forkedFrom }).toEqual({ status: 'completed', taskId: task.id, forkedFrom: null });
    expect(steps.map(({ step, kind, name }) => [step, kind, name])).toEqual([
      [1, 'model', 'scripted'],
      [2, 'tool', 'calculator'],
      [3, 'model', 'scripted'],
      [4, 'tool', 'memory'],
      [5, 'model', 'scripted'],
    ]);
    expect(steps[0]).toMatchObject({
      input: 'The sum?',
      output: { text: 'Let me see.' },
      tool: null,
      inherited: false,
    });
    expect(steps[1]).toMatchObject({ input: { a: 2, b: 3 }, output: 5, model: null, usage: null });
    expect(steps[2]).toMatchObject({ input: { name: 'calculator', result: 5 } });
    expect(steps[4]).toMatchObject({ output: 'It is 5.', model: { provider: 'simulated', simulated: true } });
  });

  it('keeps to itself what the row of a tool holds for the runtime alone', async () => {
    const { tool } = await tenant.traces.getStep(tenant.scope, task.id, 4);
    expect(Object.keys(tool ?? {}).sort()).toEqual(['callId', 'name', 'replayed']);
  });

  it('adds up to the usage of the task and the time of its steps', async () => {
    const { steps, totals } = await tenant.traces.getTrace(tenant.scope, task.id);
    const { durationMs, ...usage } = totals;
    expect(usage).toEqual(task.usage);
    expect(usage).toMatchObject({ steps: 5, modelCalls: 3, toolCalls: 2, costUsd: 0 });
    expect(usage.inputTokens).toBe(steps.reduce((sum, step) => sum + (step.usage?.inputTokens ?? 0), 0));
    expect(durationMs).toBe(steps.reduce((sum, step) => sum + (step.durationMs ?? 0), 0));
  });

  it('gives each step by its number, and 404 beyond', async () => {
    const { steps } = await tenant.traces.getTrace(tenant.scope, task.id);
    for (const step of steps) expect(await tenant.traces.getStep(tenant.scope, task.id, step.step)).toEqual(step);
    for (const step of [0, -1, 6, 1e9]) {
      const read = tenant.traces.getStep(tenant.scope, task.id, step);
      await expect(read).rejects.toMatchObject({ code: 'step.not_found', status: 404 });
    }
  });

  it('is empty for a task that was not taken up yet', async () => {
    const idle = await tenant.agent(addUp);
    await tenant.store.write(({ query }) =>
      query.updateTable('agents').set({ status: 'stopped' }).where('id', '=', idle.id).execute(),
    );
    const queued = await tenant.create(idle, { message: 'The sum?' });
    const { steps, totals } = await tenant.traces.getTrace(tenant.scope, queued.id);
    expect(steps).toEqual([]);
    expect(totals).toMatchObject({ steps: 0, durationMs: 0 });
    expect(await tenant.traces.getSnapshot(tenant.scope, queued.id, 1)).toMatchObject({
      prompt: 'The sum?',
      memory: {},
    });
  });

  it('does not exist for another tenant', async () => {
    const stranger = await RunningTenant.start();
    try {
      const { scope } = stranger;
      const code = 'task.not_found';
      await expect(tenant.traces.getTrace(scope, task.id)).rejects.toMatchObject({ code });
      await expect(tenant.traces.getStep(scope, task.id, 1)).rejects.toMatchObject({ code });
      await expect(tenant.traces.getSnapshot(scope, task.id, 1)).rejects.toMatchObject({ code });
    } finally {
      await stranger.close();
    }
  });

  it('tells a failed step, and what the model was to answer', async () => {
    const broken = await tenant.agent([
      { when: {}, reply: { error: { code: 'provider_error', message: 'Overloaded.' } } },
    ]);
    const failed = await tenant.run(broken, { message: 'The sum?' });
    const step = await tenant.traces.getStep(tenant.scope, failed.id, 1);
    expect(step).toMatchObject({ status: 'failed', input: 'The sum?', output: null });
    expect(step.error).toMatchObject({ code: 'provider_error', message: 'Overloaded.', step: 1 });
  });
});

describe('a snapshot', () => {
  const messagesAt = async (step: number) => (await tenant.traces.getSnapshot(tenant.scope, task.id, step)).messages;

  it('is what the step was asked with, from the prompt alone to the finished conversation', async () => {
    expect(await tenant.traces.getSnapshot(tenant.scope, task.id, 1)).toEqual({
      taskId: task.id,
      step: 1,
      prompt: 'The sum?',
      systemPrompt: 'Add things up.',
      messages: [{ role: 'user', content: 'The sum?' }],
      memory: {},
      modelProvider: 'simulated',
      model: 'scripted',
    });
    const lengths = await Promise.all([1, 2, 3, 4, 5, 6].map(async (step) => (await messagesAt(step)).length));
    expect(lengths).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await messagesAt(6)).at(-1)).toEqual({ role: 'assistant', content: 'It is 5.' });
  });

  it('holds the memory that the steps before it left', async () => {
    expect((await tenant.traces.getSnapshot(tenant.scope, task.id, 4)).memory).toEqual({});
    expect((await tenant.traces.getSnapshot(tenant.scope, task.id, 5)).memory).toEqual({ sum: 5 });
  });

  it('exists from 1 to last + 1', async () => {
    for (const step of [0, 7]) {
      const read = tenant.traces.getSnapshot(tenant.scope, task.id, step);
      await expect(read).rejects.toMatchObject({ code: 'step.not_found' });
    }
  });

  it('after an answer that was sent back holds the request for a better one', async () => {
    const agent = await tenant.agent([
      { when: { text: 'does not fit' }, reply: { text: '{"sum":5}' } },
      { when: {}, reply: { text: 'five' } },
    ]);
    const outputSchema = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'] };
    const repaired = await tenant.run(agent, { message: 'The sum?' }, { outputSchema });
    expect(repaired.result).toEqual({ sum: 5 });
    const { messages } = await tenant.traces.getSnapshot(tenant.scope, repaired.id, 3);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(messages.at(-1)?.content).toBe('{"sum":5}');
  });
});
