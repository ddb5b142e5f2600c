import { type GenerateContentRequestBody, type ModelScript, startGenerateContentServer } from '@runctl/testkit';
import { describe, expect, it } from 'vitest';
import { openGateway } from './gateway.test-rig.ts';
import type { ModelGatewayOptions } from './gateway.ts';

function rig(script: ModelScript<GenerateContentRequestBody>, options: Partial<ModelGatewayOptions> = {}) {
  return openGateway(startGenerateContentServer, script, {
    provider: 'google',
    model: 'gemini-2.5-pro',
    env: (baseUrl) => ({ GOOGLE_GENERATIVE_AI_API_KEY: 'AIza-secret', GOOGLE_GENERATIVE_AI_BASE_URL: baseUrl }),
    options,
  });
}

const add = {
  name: 'add',
  description: 'Adds.',
  inputSchema: { type: 'object', properties: { x: { type: 'number' } } },
};
const answer = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };

describe('a model of Google', () => {
  it('answers as it streams, with usage in parts and its price', async () => {
    const usage = {
      promptTokenCount: 1_000,
      cachedContentTokenCount: 800,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 30,
      totalTokenCount: 1_040,
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
        cacheWriteTokens: 0,
        outputTokens: 40,
        reasoningTokens: 30,
        costUsd: 0.00075,
      },
      simulated: false,
    });
    expect(server.requests[0]).toMatchObject({
      path: '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
      headers: {
        'x-goog-api-key': 'AIza-secret',
        'idempotency-key': 'tsk_1:1',
        'user-agent': expect.stringMatching(/^Runctl/),
      },
      body: { systemInstruction: { parts: [{ text: 'Be brief.' }] } },
    });
  });

  it('is told settings, tools and the conversation', async () => {
    const { server, call } = await rig([{ text: 'ok' }]);
    await call({
      settings: { temperature: 0.2, topP: 0.9, maxOutputTokens: 50, seed: 7 },
      tools: [add],
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: { text: 'Adding.', toolCalls: [{ callId: 'a', name: 'add', arguments: { x: 1 } }] },
        },
        { role: 'tool', content: { callId: 'a', name: 'add', result: { sum: 3 } } },
      ],
    });
    expect(server.requests[0]?.body).toMatchObject({
      generationConfig: { temperature: 0.2, topP: 0.9, maxOutputTokens: 50, seed: 7 },
      tools: [{ functionDeclarations: [{ name: 'add', description: 'Adds.' }] }],
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Adding.' }, { functionCall: { name: 'add', args: { x: 1 } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'add', response: { content: '{"sum":3}' } } }] },
      ],
    });
  });

  it('calls tools, several at once', async () => {
    const { call } = await rig([
      {
        toolCalls: [
          { id: 'a', name: 'add', arguments: { x: 1 } },
          { name: 'now', arguments: {} },
        ],
      },
    ]);
    expect(await call({ tools: [add] })).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [
        { callId: 'a', name: 'add', arguments: { x: 1 } },
        { callId: expect.stringMatching(/./), name: 'now', arguments: {} },
      ],
    });
  });

  it('gets the signature of its call back, without which it refuses to go on; no other model gets it', async () => {
    const signed = { toolCalls: [{ id: 'a', name: 'add', arguments: { x: 1 }, signature: 'c2lnbmF0dXJl' }] };
    const { server, call } = await rig([signed, { text: 'ok' }, { text: 'ok' }]);
    const model = 'gemini-3-pro-preview';
    const { toolCalls } = await call({ model, tools: [add] });
    const messages = [
      { role: 'user' as const, content: 'Hi' },
      { role: 'assistant' as const, content: { text: '', toolCalls } },
      { role: 'tool' as const, content: { callId: 'a', name: 'add', result: 3 } },
    ];
    await call({ model, tools: [add], messages });
    await call({ model: 'gemini-2.5-pro', tools: [add], messages });
    const signatures = server.requests.map(({ body }) => body.contents[1]?.parts[0]?.thoughtSignature);
    expect(signatures).toEqual([undefined, 'c2lnbmF0dXJl', undefined]);
  });

  it('gets the schema of the answer, beside tools only where the model takes both', async () => {
    const { server, call } = await rig(() => ({ text: '{"n":1}' }));
    await call({ outputSchema: answer });
    await call({ outputSchema: answer, tools: [add] });
    await call({ outputSchema: answer, tools: [add], model: 'gemini-3-pro-preview' });
    const types = server.requests.map(({ body }) => body.generationConfig?.responseMimeType);
    expect(types).toEqual(['application/json', undefined, 'application/json']);
    expect(server.requests[0]?.body.generationConfig).toMatchObject({
      responseSchema: { type: 'object', properties: { n: { type: 'integer' } } },
    });
  });
});

describe('Google failing', () => {
  it('is asked again after 429, 500 and overload, as late as its body says', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }];
    const { call, delays } = await rig([
      { status: 429, error: { message: 'Quota exceeded', details } },
      { status: 500 },
      { status: 503, error: { message: 'The model is overloaded.' } },
      { text: 'ok' },
    ]);
    expect((await call()).text).toBe('ok');
    expect(delays).toEqual([34_000, 1_000, 2_000]);
  });

  it.each([
    [{ status: 400, error: { message: 'API key AIza-secret not valid' } }, /API key \*\*\* not valid/],
    [{ text: ['I can', ' not'], finishReason: 'SAFETY' }, /content filter/],
    [{ raw: 'data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}}\r\n\r\n' }, /content filter/],
  ])('is asked once where it answers %j', async (reply, message) => {
    const { server, call } = await rig([reply]);
    const failure = await call().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ModelFailure', code: 'provider_error', retryable: false });
    expect(String(failure)).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['is cut', { text: ['par', 'tial'], cutAfterChunks: 1 }],
    ['ends early', { text: ['par', 'tial'], endAfterChunks: 1 }],
    ['never begins', { raw: '' }],
    ['ends with a call that cannot be read', { finishReason: 'MALFORMED_FUNCTION_CALL' }],
    ['turns into nonsense', { raw: 'data: {"candidates":[\r\n\r\n' }],
    [
      'turns into an error',
      { raw: 'data: {"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}\r\n\r\n' },
    ],
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
