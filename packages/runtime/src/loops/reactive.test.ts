import type { JsonObject, JsonSchema } from '@runctl/core';
import { describe, expect, it } from 'vitest';
import type { ModelResponse, ToolCall } from '../models/model.ts';
import type { ActionOutcome, LoopAction, LoopContext, LoopState } from './loop.ts';
import { reactive } from './reactive.ts';

const context: LoopContext = { tools: [], settings: {}, outputSchema: null };

function start(payload: JsonObject, memory: JsonObject = {}): LoopState {
  const agent = { systemPrompt: 'Be brief.', modelProvider: 'simulated', model: 'demo' };
  return reactive.start({ agent, input: { version: '1.0', payload }, memory });
}

function actionOf(state: LoopState, within = context): LoopAction {
  const decision = reactive.decide(state, within);
  if (decision.type !== 'act') throw new TypeError(`expected a step, got ${decision.type}`);
  return decision.action;
}

function says(text: string, toolCalls: ToolCall[] = []): ActionOutcome {
  const usage = {
    inputTokens: 1,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 1,
    reasoningTokens: 0,
    costUsd: 0,
  };
  const response: ModelResponse = { text, toolCalls, finishReason: 'stop', usage, simulated: true };
  return { type: 'model', response };
}

/** Runs one step, through JSON as the engine's records do. */
function step(state: LoopState, outcome: ActionOutcome, within = context): LoopState {
  return JSON.parse(JSON.stringify(reactive.reduce(state, actionOf(state, within), outcome)));
}

const call = (callId: string, name: string, args: JsonObject = {}): ToolCall => ({ callId, name, arguments: args });

describe('the reactive loop', () => {
  it('asks the model first, with the prompt and the rest of the payload as JSON below it', () => {
    const state = start({ message: 'Review this.', code: 'let a\nlet b', path: 'a.ts' });
    expect(state).toMatchObject({ prompt: 'Review this.', loop: null });
    expect(state.messages).toEqual([
      { role: 'user', content: 'Review this.\n\n{"code":"let a\\nlet b","path":"a.ts"}' },
    ]);
    expect(actionOf(state)).toMatchObject({ kind: 'model', name: 'demo', stepKind: 'model' });
  });

  it.each([
    [{ message: 'm', query: 'q', prompt: 'p' }, 'm', 'm\n\n{"query":"q","prompt":"p"}'],
    [{ query: 'q' }, 'q', 'q'],
    [{ message: null, prompt: 'p' }, 'p', 'p\n\n{"message":null}'],
    [{ a: 1 }, '', '{"a":1}'],
    [{ message: { deep: [1] } }, '{"deep":[1]}', '{"deep":[1]}'],
  ])('reads the prompt of %j', (payload, prompt, content) => {
    const state = start(payload);
    expect(state.prompt).toBe(prompt);
    expect(state.messages[0]?.content).toBe(content);
  });

  it('shows the memory to the model, below the system prompt', () => {
    const action = actionOf(start({ message: 'hi' }, { customer: 'Ada' }));
    expect(action).toMatchObject({
      request: { system: expect.stringMatching(/^Be brief\.\n\n.*\n\{"customer":"Ada"\}$/s) },
    });
  });

  it('runs every tool call in order, then asks again, and ends with an answer that calls none', () => {
    let state = step(start({ message: 'hi' }), says('', [call('a', 'add', { x: 1 }), call('b', 'now')]));
    expect(actionOf(state)).toEqual({ kind: 'tool', call: call('a', 'add', { x: 1 }) });
    state = step(state, { type: 'tool', result: 3, memory: { sum: 3 } });
    expect(actionOf(state)).toEqual({ kind: 'tool', call: call('b', 'now') });
    state = step(state, { type: 'tool_error', error: { code: 'tool_timeout', message: 'late' } });
    expect(actionOf(state).kind).toBe('model');
    state = step(state, says('three'));
    expect(reactive.decide(state, context)).toEqual({ type: 'finish', result: 'three' });
    expect(state.memory).toEqual({ sum: 3 });
    expect(state.messages.slice(1)).toEqual([
      { role: 'assistant', content: { text: '', toolCalls: [call('a', 'add', { x: 1 }), call('b', 'now')] } },
      { role: 'tool', content: { callId: 'a', name: 'add', result: 3 } },
      { role: 'tool', content: { callId: 'b', name: 'now', error: { code: 'tool_timeout', message: 'late' } } },
      { role: 'assistant', content: 'three' },
    ]);
  });

  it('gives calls that repeat an id, or have none, an id of their own', () => {
    let state = step(start({ message: 'hi' }), says('', [call('x', 'now'), call('x', 'now'), call('', 'now')]));
    const ids = () => state.messages.flatMap(({ content }) => (content as { toolCalls?: ToolCall[] }).toolCalls ?? []);
    expect(ids().map(({ callId }) => callId)).toEqual(['x', 'call_2', 'call_3']);
    for (const result of [1, 2, 3]) state = step(state, { type: 'tool', result });
    state = step(state, says('', [call('x', 'now')]));
    expect(ids().map(({ callId }) => callId)).toEqual(['x', 'call_2', 'call_3', 'call_4']);
    expect(actionOf(state)).toMatchObject({ kind: 'tool', call: { callId: 'call_4' } });
  });

  it('never changes a state in place', () => {
    const before = start({ message: 'hi' });
    const copy = structuredClone(before);
    const after = reactive.reduce(before, actionOf(before), says('done'));
    expect(before).toEqual(copy);
    expect(after.messages[0]).toBe(before.messages[0]);
  });
});

describe('structured output', () => {
  const outputSchema: JsonSchema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
  const within = { ...context, outputSchema };

  it.each(['{"n":3}', '```json\n{"n":3}\n```', ' {"n": 3}\n'])('is read from %j', (text) => {
    const state = step(start({ message: 'hi' }), says(text), within);
    expect(reactive.decide(state, within)).toEqual({ type: 'finish', result: { n: 3 } });
  });

  it('gets one repair turn that names what does not fit, then fails the task', () => {
    let state = step(start({ message: 'hi' }), says('{"n":"three"}'), within);
    expect(actionOf(state, within)).toMatchObject({
      request: { messages: [{}, {}, { role: 'user', content: expect.stringContaining('/n: ') }] },
    });
    const repaired = step(state, says('{"n":3}'), within);
    expect(repaired.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(reactive.decide(repaired, within)).toEqual({ type: 'finish', result: { n: 3 } });
    state = step(state, says('three'), within);
    expect(reactive.decide(state, within)).toMatchObject({ type: 'fail', error: { code: 'output_invalid' } });
  });
});
