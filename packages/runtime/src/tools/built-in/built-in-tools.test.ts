import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject, JsonValue } from '@runctl/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createEgressGuard } from '../../egress/egress-guard.ts';
import type { ToolContext, ToolOutcome } from '../tool.ts';
import { createToolBox } from '../tool-box.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const clock = () => new Date('2026-07-01T23:30:00Z');
const box = createToolBox({ egress: createEgressGuard({ allowedHosts: ['127.0.0.1'] }), clock });

function run(name: string, args: JsonObject, memory: JsonObject = {}): Promise<ToolOutcome> {
  const context: ToolContext = {
    tenantId: 'tnt_1',
    agentId: 'agt_1',
    taskId: 'tsk_1',
    step: 1,
    attempt: 1,
    signal: new AbortController().signal,
    idempotencyKey: 'tsk_1:1',
    memory,
    tenantSettings: { skillAllowlist: null, customToolUrlPrefixes: null },
    signingSecret: 'whsec_AAAA',
  };
  return box.run({ callId: 'c', name, arguments: args }, [name], context);
}

describe('calculator', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['10 - 4 - 3', 3],
    ['7 % 4 * 2', 6],
    ['--3', 3],
    ['0.1 + 0.2', 0.3],
    ['1e3 + .5', 1000.5],
    ['sqrt(16) + abs(-2)', 6],
    ['max(1, 2, min(9, 5))', 5],
    ['round(2.345, 2)', 2.35],
    ['round(-2.5)', -3],
    ['log(1000) + log(8, 2) + ln(e)', 7],
    ['cos(PI)', -1],
    ['sin(pi)', 1.22464679914735e-16],
  ])('evaluates %s', async (expression, value) => {
    expect((await run('calculator', { expression })).result).toMatchObject({ value });
  });

  it.each([
    ['1 +', 'Expected a number, a name or "(" at character 4; found the end.'],
    ['1 2', 'Expected an operator or the end at character 3; found "2".'],
    ['(1', 'Expected ")" at character 3; found the end.'],
    ['2 * foo', /Unknown name "foo" at character 5\. Known: sqrt,/],
    ['constructor(1)', /Unknown name "constructor"/],
    ['sqrt(1, 2)', 'sqrt takes 1 to 1 arguments; got 2.'],
    ['1 / 0', 'Division by zero.'],
    ['1 % 0', 'Division by zero.'],
    ['sqrt(-1)', /not a finite number/],
    ['9 ^ 999', /not a finite number/],
    ['$', /found "\$"/],
    [`${'('.repeat(100)}1${')'.repeat(100)}`, /Nested deeper/],
    ['-'.repeat(500), /Nested deeper/],
    ['1'.repeat(1001), /inputSchema/],
    ['', /inputSchema/],
  ])('says what is wrong with %s', async (expression, message) => {
    await expect(run('calculator', { expression })).rejects.toThrow(message);
  });
});

describe('current_time', () => {
  it('is UTC unless a zone is given', async () => {
    expect((await run('current_time', {})).result).toMatchObject({
      utc: '2026-07-01T23:30:00.000Z',
      local: '2026-07-01T23:30:00+00:00',
      weekday: 'Wednesday',
    });
    expect((await run('current_time', { timezone: 'Asia/Kolkata' })).result).toMatchObject({
      local: '2026-07-02T05:00:00+05:30',
      weekday: 'Thursday',
    });
  });

  it('knows no invented zone', async () => {
    await expect(run('current_time', { timezone: 'Mars/Olympus' })).rejects.toMatchObject({
      code: 'tool_arguments_invalid',
    });
  });
});

describe('json_query', () => {
  const json: JsonValue = { items: [{ name: 'a', 'x.y': 1 }, { name: 'b' }], 'a/b': { '~': 2 }, nothing: null };

  it.each<[string, boolean, JsonValue]>([
    ['', true, json],
    ['$', true, json],
    ['/items/1/name', true, 'b'],
    ['/a~1b/~0', true, 2],
    ['items[0].name', true, 'a'],
    ['$.items[1].name', true, 'b'],
    ['items[*].name', true, ['a', 'b']],
    ['items.*.name', true, ['a', 'b']],
    ['items[0]["x.y"]', true, 1],
    ['nothing', true, null],
    ['missing.deeper', false, null],
    ['items[9]', false, null],
    ['items.length', false, null],
    ['/__proto__', false, null],
    ['constructor', false, null],
  ])('reads %j', async (path, found, value) => {
    expect((await run('json_query', { json, path })).result).toEqual({ found, value });
  });

  it('reads a document that is given as text', async () => {
    expect((await run('json_query', { json: '{"a":[1,2]}', path: 'a[1]' })).result).toEqual({ found: true, value: 2 });
    await expect(run('json_query', { json: '{"a":', path: 'a' })).rejects.toThrow(/not JSON/);
  });

  it('says where a path cannot be read', async () => {
    await expect(run('json_query', { json, path: 'items[a]' })).rejects.toThrow(/at character 6/);
  });
});

describe('memory', () => {
  it('sets, gets, lists and deletes, each time in a copy', async () => {
    const before = Object.freeze({ a: 1 });
    const set = await run('memory', { action: 'set', key: 'b', value: { deep: [2] } }, before);
    expect(set).toEqual({ result: { stored: true }, memory: { a: 1, b: { deep: [2] } } });
    expect(before).toEqual({ a: 1 });
    const after = set.memory ?? {};
    expect((await run('memory', { action: 'get', key: 'b' }, after)).result).toEqual({
      found: true,
      value: { deep: [2] },
    });
    expect((await run('memory', { action: 'list' }, after)).result).toEqual({ keys: ['a', 'b'] });
    expect(await run('memory', { action: 'delete', key: 'a' }, after)).toEqual({
      result: { deleted: true },
      memory: { b: { deep: [2] } },
    });
    expect((await run('memory', { action: 'get', key: 'toString' }, after)).result).toEqual({
      found: false,
      value: null,
    });
  });

  it('is bounded, and reaches no prototype', async () => {
    await expect(run('memory', { action: 'set', key: 'x', value: 'y'.repeat(40_000) })).rejects.toThrow(/32768/);
    const { memory = {} } = await run('memory', { action: 'set', key: '__proto__', value: { polluted: true } });
    expect(Object.keys(memory)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('says what an action needs', async () => {
    await expect(run('memory', { action: 'get' })).rejects.toThrow('"get" needs a "key"');
    await expect(run('memory', { action: 'set', key: 'a' })).rejects.toThrow('"set" needs a "value"');
    await expect(run('memory', { action: 'drop' })).rejects.toMatchObject({ code: 'tool_arguments_invalid' });
  });
});

describe('http_get', () => {
  async function serve(contentType: string, body: string, status = 200): Promise<string> {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': contentType }).end(body);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  it('gives the status and the text or JSON of an address', async () => {
    const page = await serve('text/html; charset=utf-8', '<p>hi</p>', 404);
    expect((await run('http_get', { url: page })).result).toEqual({
      status: 404,
      contentType: 'text/html; charset=utf-8',
      body: '<p>hi</p>',
    });
    const data = await serve('application/json', '{"a":1}');
    expect((await run('http_get', { url: data })).result).toMatchObject({ body: { a: 1 } });
  });

  it('reads no binary content', async () => {
    await expect(run('http_get', { url: await serve('image/png', 'x') })).rejects.toThrow(/the answer is image\/png/);
  });

  it('reaches only what the guard allows', async () => {
    await expect(run('http_get', { url: 'https://192.168.0.1/' })).rejects.toMatchObject({ code: 'egress_refused' });
  });
});
