import type { EgressGuard } from '../egress/egress-guard.ts';

/** A whole answer, from the first byte sent to the last one read. Milliseconds. */
const CALL_TIMEOUT_MS = 600_000;
/** A streamed answer, framing included. */
const LONGEST_ANSWER_BYTES = 32 * 1024 * 1024;

/** A provider package's `fetch`, by way of the guard. */
export function fetchThrough(egress: EgressGuard): typeof fetch {
  return async (input, init) => {
    const { status, headers, body } = await egress.stream(String(input), {
      method: init?.method ?? 'POST',
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === 'string' && { body: init.body }),
      maxBytes: LONGEST_ANSWER_BYTES,
      timeoutMs: CALL_TIMEOUT_MS,
      ...(init?.signal && { signal: init.signal }),
    });
    const hasBody = status !== 204 && status !== 205 && status !== 304;
    return new Response(hasBody ? body : null, { status, headers });
  };
}
