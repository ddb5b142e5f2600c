import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentTool } from '@runctl/agents';
import type { JsonObject, JsonValue } from '@runctl/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgressGuard } from '../egress/egress-guard.ts';
import type { ToolCall } from '../models/model.ts';
import { type ToolContext, ToolFailure } from './tool.ts';
import { createToolBox } from './tool-box.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const clock = () => new Date('2026-11-21T10:00:00Z');
const box = createToolBox({ egress: createEgressGuard({ allowedHosts: ['127.0.0.1'] }), clock });
const anything = { skillAllowlist: null, customToolUrlPrefixes: null };
const context: ToolContext = {
  tenantId: 'tnt_1',
  agentId: 'agt_1',
  taskId: 'tsk_1',
  step: 3,
  attempt: 2,
  signal: new AbortController().signal,
  idempotencyKey: 'tsk_1:3',
  memory: {},
  tenantSettings: anything,
  signingSecret: `whsec_${Buffer.from('a secret of the tenant').toString('base64')}`,
};

function call(name: string, args: JsonObject = {}): ToolCall {
  return { callId: 'call_1', name, arguments: args };
}

function custom(invokeUrl: string, change: Partial<AgentTool> = {}): AgentTool {
  const inputSchema = { type: 'object', properties: { to: { type: 'string' } }, required: ['to'] };
  return { name: 'notify', description: 'Notifies.', inputSchema, enabled: true, invokeUrl, ...change } as AgentTool;
}

interface Received {
  headers: IncomingMessage['headers'];
  body: string;
}

/** A tool's server, with what it received. */
async function serve(answer: (response: ServerResponse) => void): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    answer(response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tools/notify`, received };
}

const json = (value: JsonValue) => (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));

describe('a tool call', () => {
  it('runs only what the agent has, whatever its model asks for', async () => {
    const agentTools = ['calculator', custom('https://tools.example.com', { enabled: false })];
    for (const name of ['http_get', 'notify', '__proto__', 'toString']) {
      await expect(box.run(call(name), agentTools, context)).rejects.toMatchObject({
        code: 'tool_unknown',
        message: `The agent has no tool "${name}". Its tools: calculator, notify.`,
      });
    }
  });

  it('is refused before the tool where its arguments do not fit, with each place', async () => {
    const { url, received } = await serve(json(null));
    const attempt = box.run(call('notify', { to: 7 }), [custom(url)], context);
    await expect(attempt).rejects.toMatchObject({
      code: 'tool_arguments_invalid',
      message: expect.stringContaining('/to: '),
    });
    expect(received).toEqual([]);
  });

  it('is refused where the model wrote arguments that are no JSON', async () => {
    const broken = { ...call('calculator'), problem: 'The arguments are not a JSON object: {"x":' };
    await expect(box.run(broken, ['calculator'], context)).rejects.toThrow(/not a JSON object: \{"x":/);
  });

  it('obeys the allowlist that the tenant has now, not the one when the agent was saved', async () => {
    const tenantSettings = { skillAllowlist: ['current_time'], customToolUrlPrefixes: null };
    const attempt = box.run(call('calculator', { expression: '1' }), ['calculator'], { ...context, tenantSettings });
    await expect(attempt).rejects.toMatchObject({ code: 'tool_not_allowed' });
  });
});

describe('an HTTP tool', () => {
  it('is sent the call, signed, and answers with JSON', async () => {
    const { url, received } = await serve(json({ sent: true }));
    const outcome = await box.run(call('notify', { to: 'ada' }), [custom(url)], context);
    expect(outcome).toEqual({ result: { sent: true } });
    const [request] = received;
    expect(JSON.parse(request?.body ?? '')).toEqual({
      toolCallId: 'call_1',
      name: 'notify',
      arguments: { to: 'ada' },
      context: { tenantId: 'tnt_1', agentId: 'agt_1', taskId: 'tsk_1', step: 3, attempt: 2 },
    });
    const signed = `msg_tsk_1_3.${clock().getTime() / 1_000}.${request?.body}`;
    const signature = createHmac('sha256', 'a secret of the tenant').update(signed).digest('base64');
    expect(request?.headers).toMatchObject({
      'idempotency-key': 'tsk_1:3',
      'webhook-id': 'msg_tsk_1_3',
      'webhook-timestamp': '1795255200',
      'webhook-signature': `v1,${signature}`,
      'user-agent': expect.stringMatching(/^Runctl/),
      'content-type': 'application/json',
    });
    expect(Object.keys(request?.headers ?? {})).not.toContain('authorization');
  });

  it('answers with text, or with nothing', async () => {
    const text = await serve((response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('done'));
    expect(await box.run(call('notify', { to: 'a' }), [custom(text.url)], context)).toEqual({ result: 'done' });
    const nothing = await serve((response) => response.writeHead(204).end());
    expect(await box.run(call('notify', { to: 'a' }), [custom(nothing.url)], context)).toEqual({ result: null });
  });

  it.each<[string, (response: ServerResponse) => void, string, RegExp]>([
    ['an error', (response) => response.writeHead(500).end('broken'), 'tool_error', /answered 500: broken/],
    [
      'a redirect',
      (response) => response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
      'tool_error',
      /307/,
    ],
    [
      'HTML',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'tool_error',
      /text\/html/,
    ],
    ['broken JSON', (response) => response.end('{"a":'), 'tool_error', /broken JSON/],
    ['too much', (response) => response.end('x'.repeat(1_048_577)), 'tool_answer_too_large', /1048576 bytes/],
    ['nothing in time', () => undefined, 'tool_timeout', /within 1000 ms/],
    ['half an answer', (response) => response.socket?.destroy(), 'tool_unreachable', /broke off/],
  ])('that answers with %s has failed', async (_what, answer, code, message) => {
    const { url } = await serve(answer);
    const attempt = box.run(call('notify', { to: 'a' }), [custom(url, { timeoutSeconds: 1 })], context);
    await expect(attempt).rejects.toThrow(ToolFailure);
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is left when the task is cancelled', async () => {
    const { url, received } = await serve(() => undefined);
    const controller = new AbortController();
    const attempt = box.run(call('notify', { to: 'a' }), [custom(url)], { ...context, signal: controller.signal });
    await expect.poll(() => received.length).toBe(1);
    controller.abort(new RangeError('cancelled'));
    await expect(attempt).rejects.toThrow('cancelled');
  });

  it.each([
    custom('https://10.0.0.1/'),
    custom('https://169.254.169.254/latest'),
    { ...custom('https://x.example'), invokeUrl: undefined, inlineScript: '1' } as unknown as AgentTool,
  ])('is not called at $invokeUrl', async (tool) => {
    const attempt = box.run(call('notify', { to: 'a' }), [tool], context);
    await expect(attempt).rejects.toMatchObject({ code: 'tool_not_allowed' });
  });

  it('is not called outside the prefixes that the tenant has now', async () => {
    const { url, received } = await serve(json(1));
    const tenantSettings = { skillAllowlist: null, customToolUrlPrefixes: ['https://tools.example.com/'] };
    const attempt = box.run(call('notify', { to: 'a' }), [custom(url)], { ...context, tenantSettings });
    await expect(attempt).rejects.toMatchObject({ code: 'tool_not_allowed' });
    expect(received).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('describes every built-in tool with a schema', () => {
    const names = box.describe().map(({ name }) => name);
    expect(names).toEqual([
      'calculator',
      'current_time',
      'json_query',
      'http_get',
      'memory',
      'ask_human',
      'code_analysis',
      'security_scan',
    ]);
    for (const { inputSchema } of box.describe()) expect(inputSchema).toMatchObject({ type: 'object' });
  });

  it('shows a model the enabled tools of its agent', () => {
    const tools = [
      'calculator',
      custom('https://a.example'),
      custom('https://b.example', { name: 'off', enabled: false }),
    ];
    const definitions = box.definitionsFor(tools);
    expect(definitions.map(({ name }) => name)).toEqual(['calculator', 'notify']);
    expect(definitions[1]).toEqual({ name: 'notify', description: 'Notifies.', inputSchema: expect.any(Object) });
  });
});

describe('an address that answers slowly', () => {
  it('holds so many calls of a tenant and no more, built-in ones included, and none of another tenant', async () => {
    const answers: ServerResponse[] = [];
    const { url } = await serve((response) => void answers.push(response));
    const egress = createEgressGuard({ allowedHosts: ['127.0.0.1'] });
    const bounded = createToolBox({ egress, clock, endpointLimits: { concurrent: 1, waiting: 0, patienceMs: 0 } });
    const tools = [custom(url), 'http_get'];
    const slow = bounded.run(call('notify', { to: 'a' }), tools, context);
    await expect.poll(() => answers.length).toBe(1);
    for (const next of [call('notify', { to: 'b' }), call('http_get', { url })]) {
      await expect(bounded.run(next, tools, context)).rejects.toMatchObject({ code: 'tool_overloaded' });
    }
    const others = bounded.run(call('notify', { to: 'c' }), tools, { ...context, tenantId: 'tnt_2' });
    await expect.poll(() => answers.length).toBe(2);
    for (const response of answers) json('done')(response);
    expect(await Promise.all([slow, others])).toEqual([{ result: 'done' }, { result: 'done' }]);
  });
});
