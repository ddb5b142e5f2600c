import type { RequestId } from '../ids.ts';
import { requestIdOf } from './answer-error.ts';
import type { CallFacts } from './call-facts.ts';

/** What the transport saw of one call. */
export interface ResponseMeta {
  /** The HTTP status of the answer. */
  status: number;
  /** The headers of the answer. */
  headers: Headers;
  /** The server's name for the request, to quote to support; null where the server gave none. */
  requestId: RequestId | null;
  /** Attempts made, from 1. */
  attempts: number;
  /** Milliseconds from the call to its answer, retries and waits included. */
  durationMs: number;
  /** The key that all attempts shared, where the call had one. */
  idempotencyKey: string | undefined;
  /** The server answered from its record of an earlier request with the same key. */
  idempotentReplay: boolean;
}

const metas = new WeakMap<object, ResponseMeta>();

/** Keeps what the transport saw beside a value that a call returns. */
export function rememberMeta(
  value: object,
  { status, headers }: Response,
  { attempts, idempotencyKey, redact }: CallFacts,
  durationMs: number,
): void {
  metas.set(value, {
    status,
    headers,
    requestId: requestIdOf(headers, redact) ?? null,
    attempts,
    durationMs,
    idempotencyKey,
    idempotentReplay: headers.get('idempotent-replayed') === 'true',
  });
}

/**
 * What the transport saw, for any object that a call returned: `responseMeta(task)?.requestId`.
 * `undefined` for copies of it and for other objects.
 */
export function responseMeta(value: object): ResponseMeta | undefined {
  return metas.get(value);
}
