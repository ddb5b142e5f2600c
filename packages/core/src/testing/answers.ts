import type { PaginatedResponse } from '../pagination/page.ts';
import type { TestAnswer, TestRequest } from './test-request.ts';

/** The members of an error's body (RFC 9457), those that are wanted. */
export interface ScriptedProblem {
  /** What the error's `code` will be. Default `http.<status>`. */
  code?: string;
  /** What the error's message will say. */
  detail?: string;
  /** Whatever else the error's class reads: `resource`, `limit`, `requiredScope`, `details`, `hint`, `retryable`. */
  [member: string]: unknown;
}

/**
 * An answer that becomes the typed error of its status, as the real server's does.
 *
 * @example
 * const transport = createTestTransport({ 'GET /agents/:agentId': failWith(404, { code: 'agent.not_found' }) });
 */
export function failWith(
  status: number,
  problem: ScriptedProblem = {},
  headers: Record<string, string> = {},
): TestAnswer {
  return () =>
    Response.json(
      { status, title: `Scripted ${status}`, ...problem },
      { status, headers: { 'content-type': 'application/problem+json', ...headers } },
    );
}

/**
 * Different answers to one call after the other; the last one stays.
 *
 * @example
 * const answer = inOrder({ id: 'tsk_1', status: 'running' }, { id: 'tsk_1', status: 'completed' });
 */
export function inOrder(...answers: readonly [TestAnswer, ...TestAnswer[]]): TestAnswer {
  let next = 0;
  return (request: TestRequest) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return typeof answer === 'function' ? answer(request) : answer;
  };
}

/** A page of a list, the last one unless it is given the cursor of the next. */
export function pageOf<T>(data: T[], nextCursor: string | null = null): PaginatedResponse<T> {
  const hasMore = nextCursor !== null;
  return { data, nextCursor, pagination: { page: null, limit: 100, total: null, totalPages: null, hasMore } };
}

/**
 * A stream of server-sent events that ends after the last one. A client that reconnects gets those after its
 * `Last-Event-ID`. With `{ cut: true }` the connection is lost after the last event instead, and the client comes again.
 *
 * @example
 * const answer = streamOf([{ id: 'evt_1', type: 'log' }, { id: 'evt_2', type: 'task.status' }]);
 */
export function streamOf<Event extends { id?: string }>(
  events: readonly Event[],
  { cut = false }: { cut?: boolean } = {},
): TestAnswer {
  return ({ headers }: TestRequest) => {
    const resumeAfter = headers.get('last-event-id');
    const from = events.findIndex(({ id }) => id !== undefined && id === resumeAfter) + 1;
    const blocks = events
      .slice(from)
      .map((event) => `${event.id === undefined ? '' : `id: ${event.id}\n`}data: ${JSON.stringify(event)}\n\n`);
    const end = cut ? '' : 'event: end\ndata: {}\n\n';
    return new Response(blocks.join('') + end, { headers: { 'content-type': 'text/event-stream' } });
  };
}
