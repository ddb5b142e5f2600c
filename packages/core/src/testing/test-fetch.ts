import { failWith } from './answers.ts';
import { matchRoute, queryOf, type TestAnswer, type TestAnswers, type TestRequest } from './test-request.ts';

/** A `fetch` that answers from a script, and what it was asked. */
export type TestFetch = typeof globalThis.fetch & {
  /** Every request so far, each attempt of a call included. */
  readonly requests: readonly TestRequest[];
};

/**
 * A `fetch` with scripted answers in place of a server, for a client whose own retries, deadlines and errors are to be
 * real. A request that meets no answer gets 501 with code `testing.no_answer`, and a message that lists the routes.
 *
 * @example
 * const fetch = createTestFetch({ 'GET /agents/:agentId': ({ params }) => ({ id: params.agentId, name: 'scout' }) });
 * const client = new Runctl({ apiKey: 'rctl_test', fetch });
 */
export function createTestFetch(answers: TestAnswers): TestFetch {
  const requests: TestRequest[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const seen = await readRequest(request, Object.keys(answers));
    requests.push(seen);
    const answer = Object.hasOwn(answers, seen.route) ? answers[seen.route] : noAnswer(seen, answers);
    return Promise.race([responseTo(seen, answer), aborted(request.signal)]);
  };
  return Object.assign(fetch, { requests });
}

/** Rejects as soon as the request's own signal fires: an answer may take as long as it likes. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}

async function readRequest(request: Request, routes: readonly string[]): Promise<TestRequest> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/^.*?\/v1(?=\/)/, '');
  const text = await request.text();
  const isJson = /\bjson\b/.test(request.headers.get('content-type') ?? '');
  return {
    ...matchRoute(routes, request.method, path),
    query: queryOf(url.searchParams),
    headers: request.headers,
    body: text === '' ? undefined : isJson ? JSON.parse(text) : text,
  };
}

async function responseTo(request: TestRequest, answer: TestAnswer): Promise<Response> {
  const value: unknown = typeof answer === 'function' ? await answer(request) : answer;
  if (value instanceof Response) return value.clone();
  if (typeof value === 'function') return responseTo(request, value as TestAnswer);
  return value === undefined ? new Response(null, { status: 204 }) : Response.json(value);
}

function noAnswer({ route }: TestRequest, answers: TestAnswers): TestAnswer {
  const known = Object.keys(answers).join(', ') || 'none';
  return failWith(501, {
    code: 'testing.no_answer',
    detail: `No answer is scripted for ${route}. Scripted: ${known}.`,
  });
}
