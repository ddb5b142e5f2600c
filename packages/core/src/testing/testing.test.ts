import { describe, expect, it } from 'vitest';
import { createClient } from '../client.ts';
import { RunctlAbortError } from '../errors/abort-error.ts';
import { RunctlNotFoundError, RunctlQuotaExceededError, RunctlValidationError } from '../errors/api-error.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import { eventsOf } from '../events/events-of.ts';
import { waitFor } from '../waiting/wait-for.ts';
import { createTestFetch, createTestTransport, failWith, inOrder, pageOf, streamOf } from './index.ts';

const getAgent = (agentId: string) => ({ route: 'GET /agents/:agentId', params: { agentId } });

describe('createTestTransport', () => {
  it('answers by route, with values or from the request', async () => {
    const transport = createTestTransport({
      'GET /agents/:agentId': ({ params }) => ({ id: params.agentId }),
      'POST /agents': { id: 'agt_2' },
    });
    expect(await transport.request(getAgent('agt_1'))).toEqual({ id: 'agt_1' });
    expect(await transport.request({ route: 'POST /agents', body: {} })).toEqual({ id: 'agt_2' });
  });

  it('prefers a path that is written out to one with parameters', async () => {
    const transport = createTestTransport({ 'GET /agents/:agentId': { id: 'one' }, 'GET /agents/stats': { total: 3 } });
    expect(await transport.request({ route: 'GET /agents/stats' })).toEqual({ total: 3 });
  });

  it('notes what it was asked', async () => {
    const transport = createTestTransport({ 'POST /agents/:agentId/deploy': { id: 'dep_1' } });
    const query = { dry: true, tag: ['a', 'b'] };
    const request = {
      route: 'POST /agents/:agentId/deploy',
      params: { agentId: 'agt_ä' },
      query,
      body: { replicas: 2 },
    };
    await transport.request(request, { idempotencyKey: 'mine' });
    expect(transport.requests).toMatchObject([
      {
        route: 'POST /agents/:agentId/deploy',
        params: { agentId: 'agt_ä' },
        query: { dry: 'true', tag: ['a', 'b'] },
        body: { replicas: 2 },
      },
    ]);
    expect(transport.requests[0]?.headers.get('idempotency-key')).toBe('mine');
  });

  it('fails with the typed errors of the real transport', async () => {
    const transport = createTestTransport({
      'GET /agents/:agentId': failWith(404, { code: 'agent.not_found', resource: 'agent' }),
      'POST /agents': failWith(402, { code: 'quota.exceeded', resource: 'agents', limit: 3 }),
    });
    const missing = await transport.request(getAgent('agt_1')).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(RunctlNotFoundError);
    expect(missing).toMatchObject({ code: 'agent.not_found', resource: 'agent', status: 404 });
    const full = await transport.request({ route: 'POST /agents', body: {} }).catch((error: unknown) => error);
    expect(full).toBeInstanceOf(RunctlQuotaExceededError);
    expect(full).toMatchObject({ limit: 3 });
    await expect(transport.request(getAgent('..'))).rejects.toBeInstanceOf(RunctlValidationError);
    expect(transport.requests).toHaveLength(2);
  });

  it('says which routes are scripted where none fits', async () => {
    const transport = createTestTransport({ 'POST /agents': {} });
    const error = await transport.request(getAgent('agt_1')).catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: 'testing.no_answer' });
    expect((error as Error).message).toContain('GET /agents/agt_1');
    expect((error as Error).message).toContain('POST /agents');
  });

  it('is a failing network where an answer throws', async () => {
    const answer = () => {
      throw new TypeError('fetch failed');
    };
    const transport = createTestTransport({ 'GET /agents/:agentId': answer });
    await expect(transport.request(getAgent('agt_1'))).rejects.toBeInstanceOf(RunctlNetworkError);
  });

  it('streams a list of events, and resumes a connection that was cut', async () => {
    const [first, second] = [
      { id: 'evt_1', type: 'log' },
      { id: 'evt_2', type: 'log' },
    ];
    const transport = createTestTransport({
      'GET /tasks/:taskId/events/stream': inOrder(streamOf([first], { cut: true }), streamOf([first, second])),
      'GET /tasks/:taskId/events': pageOf([first, second]),
    });
    const events = eventsOf<{ id: string }, object>(transport, { route: 'GET /tasks/:taskId/events', param: 'taskId' });
    const seen: string[] = [];
    for await (const { id } of events.stream('tsk_1')) seen.push(id);
    expect(seen).toEqual(['evt_1', 'evt_2']);
    expect(transport.requests.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, 'evt_1']);
    expect(await events.iter('tsk_1').toArray({ limit: 5 })).toEqual([first, second]);
  });

  it('plays a job that comes to its end', async () => {
    const running = { id: 'tsk_1', status: 'running', version: 1 };
    const transport = createTestTransport({
      'GET /tasks/:taskId': inOrder(running, { ...running, status: 'done', version: 2 }),
    });
    const done = await waitFor<typeof running>({
      describe: 'task tsk_1',
      look: (query, options) =>
        transport.request({ route: 'GET /tasks/:taskId', params: { taskId: 'tsk_1' }, query }, options),
      isDone: ({ status }) => status === 'done',
      isFailed: () => false,
    });
    expect(done.version).toBe(2);
    expect(transport.requests.map(({ query }) => query)).toEqual([{}, { wait: '25', version: '1' }]);
  });
});

describe('createTestFetch', () => {
  it('lets a client retry as it would', async () => {
    const fetch = createTestFetch({ 'GET /agents/:agentId': inOrder(failWith(503), { id: 'agt_1' }) });
    const client = createClient({ apiKey: 'rctl_test', baseUrl: 'https://api.test', fetch, resources: {} });
    expect(await client.request(getAgent('agt_1'))).toEqual({ id: 'agt_1' });
    expect(fetch.requests).toHaveLength(2);
  });

  it('sends a Response as it is, as often as it is asked for', async () => {
    const text = new Response('hello', { headers: { 'content-type': 'text/plain' } });
    const fetch = createTestFetch({ 'GET /hello': text, 'DELETE /hello': undefined });
    for (const _ of [1, 2]) expect(await (await fetch('https://api.test/v1/hello')).text()).toBe('hello');
    expect((await fetch('https://api.test/v1/hello', { method: 'DELETE' })).status).toBe(204);
  });

  it('lets a call be aborted while its answer is still being made', async () => {
    const transport = createTestTransport({ 'GET /agents/:agentId': () => new Promise(() => {}) });
    const call = transport.request(getAgent('agt_1'), { signal: AbortSignal.timeout(20) });
    await expect(call).rejects.toBeInstanceOf(RunctlAbortError);
  });
});
