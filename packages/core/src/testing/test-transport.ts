import { createClient } from '../client.ts';
import type { ClientOptions } from '../options/client-options.ts';
import type { RunctlClient } from '../resource.ts';
import { createTestFetch } from './test-fetch.ts';
import type { TestAnswers, TestRequest } from './test-request.ts';

/** A transport that answers from a script, and what it was asked. */
export type TestTransport = RunctlClient & {
  /** Every request so far, each attempt of a call included. */
  readonly requests: readonly TestRequest[];
};

/**
 * A transport with scripted answers in place of a server. All above the network is the SDK's own: requests are checked,
 * failures are the typed errors of their status, streams are parsed and resumed. It does not retry unless `retries` says
 * so, and needs no key. Pass it to a resource, or use it as a client.
 *
 * @example
 * const transport = createTestTransport({
 *   'GET /agents/:agentId': ({ params }) => ({ id: params.agentId, name: 'scout' }),
 *   'GET /tasks/:taskId': inOrder({ id: 'tsk_1', status: 'running' }, { id: 'tsk_1', status: 'completed' }),
 *   'POST /tasks': failWith(402, { code: 'quota.exceeded', resource: 'tasks_per_day' }),
 *   'GET /tasks/:taskId/events/stream': streamOf([{ id: 'evt_1', type: 'log' }]),
 * });
 * const agents = new Agents(transport);
 * await agents.getById('agt_1');
 * expect(transport.requests[0]?.params).toEqual({ agentId: 'agt_1' });
 */
export function createTestTransport(answers: TestAnswers, options: Partial<ClientOptions> = {}): TestTransport {
  const fetch = createTestFetch(answers);
  const client = createClient({
    apiKey: 'rctl_test',
    baseUrl: 'https://api.test',
    retries: 0,
    dangerouslyAllowBrowser: true,
    fetch,
    ...options,
    resources: {},
  });
  return Object.assign(client, { requests: fetch.requests });
}
