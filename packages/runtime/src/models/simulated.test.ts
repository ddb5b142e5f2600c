import type { JsonObject, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import { describe, expect, it } from 'vitest';
import { findMisfits } from '../schema/json-schema.ts';
import { writeFirstMessage } from './first-message.ts';
import type { ModelCallOptions, ModelRequest, ModelResponse } from './model.ts';
import { simulate } from './simulated.ts';

const signal = new AbortController().signal;

function ask(change: Partial<ModelRequest>, options: Partial<ModelCallOptions> = {}): Promise<ModelResponse> {
  const base = { provider: 'simulated', model: 'demo', system: '', messages: [], tools: [], outputSchema: null };
  return simulate({ ...base, settings: {}, ...change }, { signal, idempotencyKey: 'k', ...options });
}

const user = (prompt: string, data: JsonObject = {}): TraceMessage => ({
  role: 'user',
  content: writeFirstMessage({ prompt, data }),
});

const toolAnswer = (name: string, result: JsonValue): TraceMessage => ({
  role: 'tool',
  content: { callId: 'call_1', name, result },
});

describe('every simulated answer', () => {
  it('says so, costs nothing, and estimates its tokens by length', async () => {
    const response = await ask({ model: 'echo', system: 'x'.repeat(8), messages: [user('y'.repeat(9))] });
    expect(response).toEqual({
      text: 'y'.repeat(9),
      toolCalls: [],
      finishReason: 'stop',
      usage: {
        inputTokens: 5,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        outputTokens: 3,
        reasoningTokens: 0,
        costUsd: 0,
      },
      simulated: true,
    });
  });

  it('streams, piece by piece, what it answers', async () => {
    const deltas: string[] = [];
    const text = 'a sentence that is long enough for more than one piece, '.repeat(9);
    await ask({ model: 'echo', messages: [user(text)] }, { onTextDelta: (delta) => deltas.push(delta) });
    expect(deltas.length).toBeGreaterThan(5);
    expect(deltas.join('')).toBe(text);
  });
});

describe('the model "scripted"', () => {
  const rules: JsonValue = [
    { when: { step: 7 }, reply: { text: 'seventh' } },
    { when: { tool: 'add', text: '42' }, reply: { text: 'the answer' } },
    { when: { tool: 'add' }, reply: { error: { code: 'provider_error', message: 'sorry', retryable: true } } },
    { when: { text: '/^Sum\\b/i' }, reply: { toolCalls: [{ name: 'add', arguments: { x: 1 } }] } },
    { when: { text: 'wait' }, reply: { text: 'waited', delayMs: 5 } },
    { when: { text: '/(/' }, reply: {} },
  ];
  const script = (messages: TraceMessage[], simulation: JsonValue = { rules }) =>
    ask({ model: 'scripted', messages, simulation });

  it('follows the first rule that fits the text, the tool result or the step', async () => {
    const called = await script([user('sum it')]);
    expect(called.toolCalls).toEqual([{ callId: 'call_1', name: 'add', arguments: { x: 1 } }]);
    expect((await script([user('sum it'), toolAnswer('add', { value: 42 })])).text).toBe('the answer');
    expect((await script([user('please wait')])).text).toBe('waited');
    const six = Array.from({ length: 6 }, () => toolAnswer('x', 1));
    expect((await script([user('sum it'), ...six])).text).toBe('seventh');
  });

  it('fails as a rule says', async () => {
    await expect(script([toolAnswer('add', 1)])).rejects.toMatchObject({
      name: 'ModelFailure',
      code: 'provider_error',
      message: 'sorry',
      retryable: true,
    });
  });

  it.each([
    [{ rules: [] }, /no rule fits step 1, where the last message is: hi/],
    [null, /expected \{ rules/],
    [{ rules: ['x'] }, /expected \{ rules/],
    [{ rules: [{ when: {}, reply: 'x' }] }, /rules\/0\/reply: expected/],
    [{ rules: [{ reply: { toolCalls: [{}] } }] }, /toolCalls: expected/],
    [{ rules: [{ when: { text: '/(/' }, reply: {} }] }, /cannot be read/],
    [{ rules: [{ when: { text: '/^bye$/' }, reply: {} }] }, /no rule fits/],
  ])('says what is wrong with %j', async (simulation, problem) => {
    await expect(script([user('hi')], simulation)).rejects.toThrow(problem);
  });

  it('stops a pattern that backtracks for ever', async () => {
    const slow = { rules: [{ when: { text: '/^(a+)+$/' }, reply: {} }] };
    await expect(script([user(`${'a'.repeat(60)}b`)], slow)).rejects.toThrow(/takes too long/);
  });

  it('is cancelled in the middle of a delay', async () => {
    const controller = new AbortController();
    const simulation = { rules: [{ reply: { text: 'late', delayMs: 60_000 } }] };
    const pending = ask({ model: 'scripted', messages: [user('hi')], simulation }, { signal: controller.signal });
    controller.abort(new RangeError('cancelled'));
    await expect(pending).rejects.toThrow('cancelled');
  });
});

describe('any other simulated model', () => {
  const code = {
    type: 'object',
    properties: { code: { type: 'string' }, path: { type: 'string' } },
    required: ['code'],
  };
  const tools = [
    { name: 'current_time', description: '', inputSchema: { type: 'object', properties: { timezone: {} } } },
    { name: 'code_analysis', description: '', inputSchema: code },
    {
      name: 'calculator',
      description: '',
      inputSchema: { type: 'object', properties: { expression: { type: 'string' } }, required: ['expression'] },
    },
  ];

  it('calls the tools whose arguments the task gives', async () => {
    const messages = [user('Review this.', { code: 'let a', path: 'a.ts', other: 1 })];
    expect((await ask({ messages, tools })).toolCalls).toEqual([
      { callId: 'call_1', name: 'code_analysis', arguments: { code: 'let a', path: 'a.ts' } },
    ]);
  });

  it.each([
    ['What is 17 * (3 + 4)?', [{ name: 'calculator', arguments: { expression: '17 * (3 + 4)' } }]],
    ['What time is it?', [{ name: 'current_time', arguments: {} }]],
    ['Write a poem.', []],
  ])('reads %j', async (prompt, calls) => {
    expect((await ask({ messages: [user(prompt)], tools })).toolCalls).toMatchObject(calls);
  });

  it('then sums up what they answered, so that another prompt, instruction or model is to be seen', async () => {
    const messages = [
      user('Review this.', { code: 'x' }),
      { role: 'assistant' as const, content: { text: '', toolCalls: [] } },
      toolAnswer('code_analysis', { summary: '2 functions, no problems.' }),
      { role: 'tool' as const, content: { callId: 'b', name: 'http_get', error: { code: 'x', message: 'refused' } } },
    ];
    const { text, toolCalls } = await ask({ messages, tools, system: 'Be brief.' });
    expect(toolCalls).toEqual([]);
    expect(text).toBe(
      'Simulated answer of "demo" to: Review this.\nInstructed: Be brief.\n' +
        '- code_analysis: 2 functions, no problems.\n- http_get failed: refused',
    );
    expect((await ask({ messages, tools, system: 'Be brief.' })).text).toBe(text);
    expect((await ask({ messages, tools, system: 'Be long.' })).text).not.toBe(text);
  });

  it('goes on with a new user message as with a new task, over the same data', async () => {
    const messages = [user('First.', { code: 'x' }), { role: 'assistant' as const, content: 'Done.' }, user('Again.')];
    expect((await ask({ messages, tools })).toolCalls).toMatchObject([{ name: 'code_analysis' }]);
  });

  it('answers a schema with the smallest value that fits it', async () => {
    const outputSchema = {
      type: 'object',
      properties: {
        title: { type: 'string', maxLength: 5 },
        score: { type: 'number', minimum: 2 },
        tags: { type: 'array', minItems: 2, items: { enum: ['a', 'b'] } },
        done: { type: ['boolean', 'null'] },
        at: { type: 'string', format: 'date-time' },
        either: { anyOf: [{ type: 'null' }, { type: 'string' }] },
      },
      required: ['title', 'score', 'tags', 'done', 'at', 'either'],
    };
    const { text } = await ask({ messages: [user('Review this.')], outputSchema });
    expect(findMisfits(JSON.parse(text), outputSchema)).toEqual([]);
  });
});
