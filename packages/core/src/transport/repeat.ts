import ky from 'ky';

/** What is to be repeated. */
export interface Repetition {
  url: string;
  method: string;
  /** Makes one attempt; rejects where it failed. */
  attempt: () => Promise<Response>;
  /** Resolves with true when the next attempt is due, with false where the error is the end of it. */
  untilRetry: (error: unknown) => Promise<boolean>;
}

/**
 * Makes attempts until one succeeds or none is to follow. All of the SDK that knows ky, which runs the attempts after a
 * failure. The first one goes past it: ky makes and clones a `Request` for each call (half the cost of a bare `fetch`
 * again), and the attempt sends its own. For the same reason ky gets no body, no headers and no signal; what it would do
 * with `Retry-After`, jitter and aborts is done in `untilRetry`, which is over before ky is told to go on.
 */
export async function repeat({ url, method, attempt, untilRetry }: Repetition): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!(await untilRetry(error))) throw error;
    await repeatByKy({ url, method, attempt, untilRetry });
  }
}

async function repeatByKy({ url, method, attempt, untilRetry }: Repetition): Promise<void> {
  // Own members, so that ky does not find what a page has put on `Object.prototype`.
  const address = Object.assign(new URL(url), { headers: undefined, method: undefined, signal: undefined });
  await ky(address, {
    method,
    headers: {},
    signal: null,
    body: null,
    json: undefined,
    fetch: attempt,
    retry: {
      limit: Number.POSITIVE_INFINITY,
      methods: [method.toLowerCase() as 'get'],
      shouldRetry: ({ error }) => untilRetry(error),
      delay: () => 0,
    },
    timeout: false,
    throwHttpErrors: false,
  });
}
