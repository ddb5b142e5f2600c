import type { JsonObject } from '@runctl/core';
import { describe, expect, it } from 'vitest';
import { type Budget, checkLimits } from './limits.ts';
import type { LoopAction, LoopState } from './loop.ts';
import { reactive } from './reactive.ts';

const agent = { systemPrompt: '', modelProvider: 'openai', model: 'some-model' };
const state = reactive.start({ agent, input: { version: '1.0', payload: { message: 'hi' } }, memory: {} });
const limits = { maxSteps: 20, budgets: [] };
const budget = (limitUsd: number, spentUsd: number | null, of: Budget['of'] = 'task') => ({ of, limitUsd, spentUsd });
const toolCall = (args: JsonObject, name = 'look'): LoopAction => ({
  kind: 'tool',
  call: { callId: 'last', name, arguments: args },
});

/** A conversation of single tool calls, each asked for and answered. */
function afterCalls(calls: JsonObject[]): LoopState {
  const messages = calls.flatMap((args, index) => [
    {
      role: 'assistant' as const,
      content: { text: '', toolCalls: [{ callId: `c${index}`, name: 'look', arguments: args }] },
    },
    { role: 'tool' as const, content: { callId: `c${index}`, name: 'look', result: null } },
  ]);
  const asking = { role: 'assistant' as const, content: { text: '', toolCalls: [] } };
  return { ...state, messages: [...state.messages, ...messages, asking] };
}

function modelCall(): LoopAction {
  const decision = reactive.decide(state, { tools: [], settings: {}, outputSchema: null });
  if (decision.type !== 'act') throw new TypeError('expected a model call');
  return decision.action;
}

describe('the limits of a task', () => {
  it('count no decision of a person, which is neither a model call nor a tool call', () => {
    const approved = { approved: true, arguments: null, comment: null };
    const decided = { ...state, approvals: { one: approved, two: { ...approved, approved: false } } };
    const check = { state: decided, action: modelCall(), ...limits };
    expect(checkLimits({ ...check, step: 22 })).toBeNull();
    expect(checkLimits({ ...check, step: 23 })).toMatchObject({ code: 'max_steps' });
  });

  it('let the last allowed step pass and stop the one after it', () => {
    const check = { state, action: modelCall(), ...limits };
    expect(checkLimits({ ...check, step: 20 })).toBeNull();
    expect(checkLimits({ ...check, step: 21 })).toMatchObject({ code: 'max_steps', step: 21, retryable: false });
  });

  it('stop a model call, and no tool, once the budget is spent', () => {
    const check = { state, step: 2, maxSteps: 20, action: modelCall() };
    expect(checkLimits({ ...check, budgets: [budget(0.5, 0.49)] })).toBeNull();
    expect(checkLimits({ ...check, budgets: [budget(0.5, 0.5)] })).toMatchObject({ code: 'budget_exceeded' });
    expect(checkLimits({ ...check, action: toolCall({}), budgets: [budget(0.5, 0.6)] })).toBeNull();
  });

  it('stop a model call once the tree has spent what its root may', () => {
    const check = { state, step: 2, maxSteps: 20, action: modelCall() };
    expect(checkLimits({ ...check, budgets: [budget(1, 0.1), budget(0.5, 0.5, 'tree')] })).toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('those that it belongs to'),
    });
  });

  it('do not pretend to hold a budget over a cost that nobody knows', () => {
    const check = { state, action: modelCall(), step: 2, maxSteps: 20 };
    expect(checkLimits({ ...check, budgets: [budget(1, null)] })).toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringContaining('some-model has no price'),
    });
    expect(checkLimits({ ...check, budgets: [] })).toBeNull();
  });

  it('stop the third equal call within eight steps, whatever the order of its arguments', () => {
    const check = { step: 6, ...limits };
    const same = { a: 1, b: { c: 2, d: 3 } };
    const action = toolCall({ b: { d: 3, c: 2 }, a: 1 });
    expect(checkLimits({ ...check, state: afterCalls([same]), action })).toBeNull();
    expect(checkLimits({ ...check, state: afterCalls([same, same]), action })).toMatchObject({ code: 'loop_detected' });
    expect(checkLimits({ ...check, state: afterCalls([same, { a: 2 }, same]), action })).toMatchObject({
      code: 'loop_detected',
    });
    expect(checkLimits({ ...check, state: afterCalls([same, {}, {}, same]), action })).toBeNull();
    expect(checkLimits({ ...check, state: afterCalls([same, same]), action: toolCall(same, 'other') })).toBeNull();
  });
});
