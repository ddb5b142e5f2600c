import type { Repeat, Repetition } from './repetition.ts';

/**
 * Repeats where bytes cost nothing: Node, Deno and Bun choose this file for `#repeat`. All of the SDK that knows ky, which
 * drives the attempts after a failure. The first one goes past it: ky makes and clones a `Request` for each call (half the
 * cost of a bare `fetch` again), and the attempt sends its own. For the same reason ky gets no body and no headers; what it
 * would do with `Retry-After`, jitter and aborts is done in `untilRetry`, which is over before ky is told to go on. It is
 * loaded for the first failure: it tries out the platform's `Request`, for which Node loads 10 MB in 25 ms.
 */
export const repeat: Repeat = async (repetition) => {
  try {
    return await repetition.attempt();
  } catch (error) {
    if (!(await repetition.untilRetry(error))) throw error;
    return repeatByKy(repetition);
  }
};

async function repeatByKy<Value>({ url, method, attempt, untilRetry }: Repetition<Value>): Promise<Value> {
  const values: Value[] = [];
  // Own members, so that ky does not find what a page has put on `Object.prototype`.
  const address = Object.assign(new URL(url), { headers: undefined, method: undefined, signal: undefined });
  const { default: ky } = await import('ky');
  await ky(address, {
    method,
    headers: {},
    // One that never aborts: without it, ky's delay would listen to a signal that it finds on `Object.prototype`.
    signal: new AbortController().signal,
    body: null,
    json: undefined,
    fetch: async () => {
      values.push(await attempt());
      return new Response();
    },
    retry: {
      limit: Number.POSITIVE_INFINITY,
      methods: [method.toLowerCase() as 'get'],
      shouldRetry: ({ error }) => untilRetry(error),
      delay: () => 0,
    },
    timeout: false,
    throwHttpErrors: false,
  });
  return values[0] as Value;
}
