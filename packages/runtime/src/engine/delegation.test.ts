import { afterEach, describe, expect, it, test } from 'vitest';
import type { DelegateAction } from '../loops/loop.ts';
import type { ModelGateway } from '../models/model.ts';
import { delegationProblem, type TreeTask } from './delegation.ts';
import { type EngineAtWork, startEngine } from './engine.test-rig.ts';

function treeTask(id: string, parent: string | null, agentId: string, message: string): TreeTask {
  return {
    id,
    parent_task_id: parent,
    agent_id: agentId,
    input: JSON.stringify({ version: '1.0', payload: { message } }),
  };
}

function handOver(agentId: string, instruction: string): DelegateAction {
  const call = { callId: 'c', name: 'delegate_to_x', arguments: { instruction } };
  return { kind: 'delegate', call, agentId, instruction, outputSchema: null };
}

describe('handing work on', () => {
  const root = treeTask('t0', null, 'a', 'start');
  const at = (task: TreeTask, depth: number) => ({ id: task.id, agent_id: task.agent_id, depth });

  it('is refused for the same work from one agent to the same other one, anywhere in the tree', () => {
    const done = treeTask('t1', 't0', 'b', 'sum up');
    expect(delegationProblem([root, done], at(root, 0), handOver('b', 'sum up'))).toMatchObject({
      code: 'delegation_loop',
    });
    expect(delegationProblem([root, done], at(root, 0), handOver('b', 'sum up again'))).toBeNull();
    expect(delegationProblem([root, done], at(root, 0), handOver('c', 'sum up'))).toBeNull();
  });

  it('is refused back to an agent above that was asked for the same', () => {
    const first = treeTask('t1', 't0', 'b', 'solve it');
    const second = treeTask('t2', 't1', 'c', 'solve this');
    const tree = [root, first, second];
    expect(delegationProblem(tree, at(second, 2), handOver('b', 'solve it'))).toMatchObject({
      code: 'delegation_loop',
    });
    expect(delegationProblem(tree, at(second, 2), handOver('b', 'check it'))).toBeNull();
  });

  it('goes three levels deep, twenty times in a tree, and never without an instruction', () => {
    expect(delegationProblem([root], at(root, 2), handOver('b', 'x'))).toBeNull();
    expect(delegationProblem([root], at(root, 3), handOver('b', 'x'))).toMatchObject({ code: 'delegation_too_deep' });
    const children = Array.from({ length: 20 }, (_, index) => treeTask(`t${index + 1}`, 't0', 'b', `part ${index}`));
    expect(delegationProblem([root, ...children.slice(1)], at(root, 0), handOver('b', 'x'))).toBeNull();
    expect(delegationProblem([root, ...children], at(root, 0), handOver('b', 'x'))).toMatchObject({
      code: 'delegation_limit',
    });
    expect(delegationProblem([root], at(root, 0), handOver('b', ' '))).toMatchObject({
      code: 'tool_arguments_invalid',
    });
  });
});

describe('the budget of a tree', () => {
  let engine: EngineAtWork | undefined;
  afterEach(() => engine?.close());

  /** Each call costs 0.30 dollars. The root hands its work to itself, the child answers. */
  const models: ModelGateway = {
    checkProvider: () => null,
    call: async ({ messages }) => {
      const isRoot = messages[0]?.content === 'Go' && messages.length === 1;
      const tokens = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 };
      return {
        text: 'answer',
        toolCalls: isRoot ? [{ callId: 'c', name: 'delegate_to_self', arguments: { instruction: 'Do it.' } }] : [],
        finishReason: 'stop',
        usage: { ...tokens, costUsd: 0.3 },
        simulated: false,
      };
    },
  };

  test.each([
    [0.9, 3, 'completed'],
    [0.6, 2, 'failed'],
    [0.3, 1, 'failed'],
  ])('of %d dollars lets %d calls pass, wherever in the tree they are made', async (limit, calls, status) => {
    engine = await startEngine([], { models }, { type: 'supervisor', members: [{ agentId: 'agt_1', role: 'self' }] });
    await engine.queue({ max_cost_microusd: limit * 1e6 });
    const task = await engine.task('completed', 'failed');
    expect(task.status).toBe(status);
    if (status === 'failed') expect(JSON.parse(task.error ?? '{}')).toMatchObject({ code: 'budget_exceeded', step: 3 });
    expect((await engine.steps()).filter(({ kind }) => kind === 'model')).toHaveLength(calls);
  });

  test('lets several call at once only while there is room for all of them, and is passed by none', async () => {
    let underWay = 0;
    let most = 0;
    const calling: ModelGateway = {
      checkProvider: () => null,
      call: async ({ messages }) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 500));
        underWay -= 1;
        const isRoot = messages[0]?.content === 'Go' && messages.length === 1;
        const calls = [1, 2, 3, 4, 5].map((number) => ({
          callId: `c${number}`,
          name: 'delegate_to_self',
          arguments: { instruction: `Do ${number}.` },
        }));
        const tokens = { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 };
        const usage = { ...tokens, costUsd: 0.3 };
        return { text: 'answer', toolCalls: isRoot ? calls : [], finishReason: 'stop', usage, simulated: false };
      },
    };
    const members = [{ agentId: 'agt_1', role: 'self' }];
    engine = await startEngine([], { models: calling }, { type: 'supervisor', members });
    await engine.store.write(({ query }) => query.updateTable('agents').set({ desired_replicas: 8 }).execute());
    await engine.queue({ max_cost_microusd: 900_000 });
    const task = await engine.task('completed', 'failed');
    expect(JSON.parse(task.error ?? '{}')).toMatchObject({ code: 'budget_exceeded' });
    const calls = (await engine.steps()).filter(({ kind }) => kind === 'model');
    expect([calls.length, most]).toEqual([3, 2]);
    expect(await engine.store.query.selectFrom('tree_calls').selectAll().execute()).toEqual([]);
  });
});
