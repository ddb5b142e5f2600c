import { type MessagesRequestBody, type ModelScript, startMessagesServer } from '@runctl/testkit';
import { describe, expect, it } from 'vitest';
import { openGateway } from './gateway.test-rig.ts';
import type { ModelGatewayOptions } from './gateway.ts';

function rig(script: ModelScript<MessagesRequestBody>, options: Partial<ModelGatewayOptions> = {}) {
  return openGateway(startMessagesServer, script, {
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    // As Anthropic's own packages have it: without the version.
    env: (baseUrl) => ({ ANTHROPIC_API_KEY: 'sk-ant-secret', ANTHROPIC_BASE_URL: baseUrl.replace('/v1', '') }),
    options,
  });
}

const add = {
  name: 'add',
  description: 'Adds.',
  inputSchema: { type: 'object', properties: { x: { type: 'number' } } },
};
const answer = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };

describe('a model of Anthropic', () => {
  it('answers as it streams, with usage in parts and its price', async () => {
    const usage = {
      input_tokens: 100,
      cache_read_input_tokens: 800,
      cache_creation_input_tokens: 100,
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 30 },
    };
    const { server, call } = await rig([{ reasoning: 'Hm.', text: ['Hel', 'lo', '!'], usage }]);
    const deltas: string[] = [];
    const response = await call({}, { onTextDelta: (text) => deltas.push(text) });
    expect(deltas).toEqual(['Hel', 'lo', '!']);
    expect(response).toEqual({
      text: 'Hello!',
      toolCalls: [],
      finishReason: 'stop',
      usage: {
        inputTokens: 1_000,
        cacheReadTokens: 800,
        cacheWriteTokens: 100,
        outputTokens: 40,
        reasoningTokens: 30,
        costUsd: 0.001515,
      },
      simulated: false,
    });
    expect(server.requests[0]).toMatchObject({
      path: '/v1/messages',
      headers: {
        'x-api-key': 'sk-ant-secret',
        'anthropic-version': '2023-06-01',
        'idempotency-key': 'tsk_1:1',
        'user-agent': expect.stringMatching(/^Runctl/),
      },
      body: { model: 'claude-sonnet-4-5', stream: true, system: [{ type: 'text', text: 'Be brief.' }] },
    });
    expect(server.requests[0]?.body).not.toHaveProperty('cache_control');
  });

  it('is told settings, tools and the conversation, whose beginning it is to keep', async () => {
    const { server, call } = await rig([{ text: 'ok' }]);
    await call({
      settings: { temperature: 0.2, maxOutputTokens: 50, seed: 7 },
      tools: [add],
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: { text: 'Adding.', toolCalls: [{ callId: 'a', name: 'add', arguments: { x: 1 } }] },
        },
        { role: 'tool', content: { callId: 'a', name: 'add', error: { code: 'tool_timeout', message: 'late' } } },
      ],
    });
    expect(server.requests[0]?.body).toMatchObject({
      max_tokens: 50,
      temperature: 0.2,
      cache_control: { type: 'ephemeral' },
      tools: [{ name: 'add', description: 'Adds.', input_schema: add.inputSchema }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Adding.' },
            { type: 'tool_use', id: 'a', name: 'add', input: { x: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', is_error: true }] },
      ],
    });
  });

  it('calls tools, several at once, with arguments that arrive in pieces', async () => {
    const { call } = await rig([
      {
        text: 'Adding.',
        toolCalls: [
          { id: 'a', name: 'add', arguments: { x: 1, text: 'longer than one piece' } },
          { id: 'b', name: 'now', arguments: '' },
          { id: 'c', name: 'add', arguments: '{"x":' },
        ],
      },
    ]);
    expect(await call({ tools: [add] })).toMatchObject({
      text: 'Adding.',
      finishReason: 'tool-calls',
      toolCalls: [
        { callId: 'a', name: 'add', arguments: { x: 1, text: 'longer than one piece' } },
        { callId: 'b', name: 'now', arguments: {} },
        { callId: 'c', name: 'add', arguments: {}, problem: 'The arguments are not a JSON object: {"x":' },
      ],
    });
  });

  it('gets the schema of the answer as its own format where it has one', async () => {
    const { server, call } = await rig([{ text: '{"n":1}' }]);
    expect((await call({ outputSchema: answer })).text).toBe('{"n":1}');
    expect(server.requests[0]?.body).toMatchObject({
      output_config: { format: { type: 'json_schema', schema: { properties: { n: { type: 'integer' } } } } },
    });
  });

  it('answers by a tool of that schema where it has none', async () => {
    const { server, call } = await rig([{ toolCalls: [{ name: 'json', arguments: { n: 1 } }] }]);
    const response = await call({ model: 'claude-3-haiku-20240307', outputSchema: answer });
    expect(response).toMatchObject({ text: '{"n":1}', toolCalls: [], finishReason: 'stop' });
    expect(server.requests[0]?.body).toMatchObject({ tools: [{ name: 'json' }] });
  });
});

describe('Anthropic failing', () => {
  it('is asked again after 429, 500 and overload, in the status or in the stream', async () => {
    const overloaded =
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
    const { call, delays } = await rig([
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 529, error: { message: 'Overloaded' } },
      { raw: overloaded },
      { text: 'ok' },
    ]);
    expect((await call()).text).toBe('ok');
    expect(delays).toEqual([7_000, 1_000, 2_000]);
  });

  it.each([
    [
      { status: 400, error: { message: 'Your credit balance is too low', type: 'invalid_request_error' } },
      /credit balance/,
    ],
    [
      { status: 401, error: { message: 'invalid x-api-key sk-ant-secret', type: 'authentication_error' } },
      /x-api-key \*\*\*/,
    ],
    [{ text: ['I can', ' not'], finishReason: 'refusal' }, /refused to give one/],
    [{ finishReason: 'refusal' }, /refused to give one/],
  ])('is asked once where it answers %j', async (reply, message) => {
    const { server, call } = await rig([reply]);
    const failure = await call().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ModelFailure', code: 'provider_error', retryable: false });
    expect(String(failure)).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['is cut', { text: ['par', 'tial'], cutAfterChunks: 5 }],
    ['ends early', { text: ['par', 'tial'], endAfterChunks: 5 }],
    ['ends without a reason', { text: 'whole', endAfterChunks: 6 }],
    ['turns into nonsense', { raw: 'event: message_start\ndata: {"type":"mess\n\n' }],
  ])('has given no answer where its stream %s', async (_what, reply) => {
    const { call } = await rig(() => reply);
    await expect(call()).rejects.toMatchObject({ name: 'ModelFailure', code: 'provider_error', retryable: true });
  });

  it('is left at once when the task is cancelled', async () => {
    const { server, call } = await rig([{ text: 'late', delayMs: 5_000 }]);
    const controller = new AbortController();
    const pending = call({}, { signal: controller.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    controller.abort(new RangeError('cancelled'));
    await expect(pending).rejects.toThrow('cancelled');
    await expect.poll(() => server.aborted).toBe(1);
  });
});
