import type { Agent } from '@runctl/agents';
import type { Task } from '@runctl/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rule, RunningTenant } from './running-tenant.test-rig.ts';

const add = (a: number, b: number) => ({ toolCalls: [{ name: 'calculator', arguments: { a, b } }] });
const rules: Rule[] = [
  { when: { text: 'sum' }, reply: add(2, 3) },
  { when: { text: 'total' }, reply: add(20, 30) },
  { when: { text: 'more' }, reply: { text: 'No more.' } },
  { when: { tool: 'calculator', text: '50' }, reply: { text: 'Fifty.' } },
  { when: { tool: 'calculator' }, reply: { text: 'Five.' } },
];

let tenant: RunningTenant;
let agent: Agent;
let source: Task;
beforeAll(async () => {
  tenant = await RunningTenant.start();
  agent = await tenant.agent(rules);
  source = await tenant.run(agent, { message: 'The sum?' });
});
afterAll(() => tenant.close());

const compare = (base: Task, other: Task) => tenant.comparisons.compare(tenant.scope, base.id, other.id);

describe('comparing two tasks', () => {
  it('that are one finds nothing, and all of it shared', async () => {
    expect(await compare(source, source)).toMatchObject({
      commonAncestor: { taskId: source.id, step: 3 },
      identical: true,
      firstDivergence: null,
      deltas: { steps: 0, tokens: 0, costUsd: 0, durationMs: 0 },
    });
  });

  it('that did the same apart from each other finds no ancestor and nothing different', async () => {
    const twin = await tenant.run(agent, { message: 'The sum?' });
    expect(await compare(source, twin)).toMatchObject({ commonAncestor: null, identical: true, divergences: [] });
  });

  it('shows where a fork with another prompt parts from its source, and in what', async () => {
    const fork = await tenant.forkAndRun(source.id, { step: 1, snapshot: { prompt: 'The total?' } });
    const comparison = await compare(source, fork);
    expect(comparison.divergences.map(({ baseStep, kind, pointer }) => [baseStep, kind, pointer])).toEqual([
      [1, 'input', '/snapshot/prompt'],
      [1, 'tool_arguments', '/output/toolCalls/0/arguments/a'],
      [1, 'tool_arguments', '/output/toolCalls/0/arguments/b'],
      [2, 'tool_arguments', '/input/a'],
      [2, 'tool_arguments', '/input/b'],
      [2, 'tool_result', '/output'],
      [3, 'model_output', '/output'],
      [null, 'result', '/result'],
    ]);
    expect(comparison.firstDivergence).toMatchObject({ base: 'The sum?', other: 'The total?' });
  });

  it('finds the steps that a fork shares, and counts like with like', async () => {
    const fork = await tenant.forkAndRun(source.id, { step: 3, snapshot: { systemPrompt: 'Be exact.' } });
    const comparison = await compare(source, fork);
    expect(comparison.commonAncestor).toEqual({ taskId: source.id, step: 2 });
    expect(comparison.steps.map(({ op }) => op)).toEqual(['same', 'same', 'same']);
    expect(comparison.divergences).toMatchObject([{ kind: 'input', pointer: '/snapshot/systemPrompt', otherStep: 3 }]);
    expect(comparison).toMatchObject({ identical: false, deltas: { steps: 0, costUsd: 0 } });
  });

  it('shows what a fork went on with after the end', async () => {
    const fork = await tenant.forkAndRun(source.id, { step: 4, snapshot: { prompt: 'Any more?' } });
    const comparison = await compare(source, fork);
    expect(comparison.steps.at(-1)).toEqual({ op: 'added', baseStep: null, otherStep: 4 });
    expect(comparison.firstDivergence).toMatchObject({ kind: 'input', pointer: '/snapshot/prompt', baseStep: null });
    expect(comparison.deltas.steps).toBe(1);
    expect(await compare(fork, source)).toMatchObject({ deltas: { steps: -1 }, commonAncestor: { step: 3 } });
  });

  it('finds the deepest common ancestor of two forks of forks', async () => {
    const child = await tenant.forkAndRun(source.id, { step: 2 });
    const [left, right] = [
      await tenant.forkAndRun(child.id, { step: 3 }),
      await tenant.forkAndRun(child.id, { step: 4, snapshot: { prompt: 'Any more?' } }),
    ];
    expect((await compare(left, right)).commonAncestor).toEqual({ taskId: child.id, step: 2 });
    expect((await compare(source, right)).commonAncestor).toEqual({ taskId: source.id, step: 1 });
  });

  it('tells different data beside the same prompt, and another model', async () => {
    const other = await tenant.run(agent, { message: 'The sum?', of: [1, 2] });
    expect((await compare(source, other)).firstDivergence).toMatchObject({ pointer: '/snapshot/messages/0/content' });
    const echo = await tenant.forkAndRun(source.id, { step: 3, snapshot: { model: 'echo' } });
    const { divergences } = await compare(source, echo);
    expect(divergences.map(({ kind, pointer }) => [kind, pointer])).toEqual([
      ['input', '/snapshot/model'],
      ['model_output', '/output'],
      ['result', '/result'],
    ]);
  });

  it('takes a task that has not ended as far as it is', async () => {
    const slow = await tenant.agent([{ when: {}, reply: { text: 'Late.', delayMs: 60_000 } }]);
    const running = await tenant.create(slow, { message: 'The sum?' });
    const { steps, deltas } = await compare(source, running);
    expect(steps.map(({ op }) => op)).toEqual(['removed', 'removed', 'removed']);
    expect(deltas.durationMs).toBeNull();
    await tenant.cancel(running.id);
  });

  it('of another tenant answers as if there were none', async () => {
    const stranger = await RunningTenant.start();
    try {
      const theirs = await stranger.run(await stranger.agent(rules), { message: 'The sum?' });
      await expect(compare(source, theirs)).rejects.toMatchObject({ code: 'task.not_found' });
      await expect(compare(theirs, source)).rejects.toMatchObject({ code: 'task.not_found' });
    } finally {
      await stranger.close();
    }
  });
});
