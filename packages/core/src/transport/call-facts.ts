import type { FailedRequest } from '../errors/runctl-error.ts';

/** Characters that an error quotes of what the other side said. */
export const LONGEST_QUOTE = 200;

/** What the errors of a call say of it. */
export interface CallFacts {
  request: FailedRequest;
  /** Attempts made, this one included. */
  attempts: number;
  idempotencyKey: string | undefined;
  /** Hides the key wherever the other side echoes it. */
  redact: (text: string) => string;
}

/** An error of a call: `GET /agents/agt_1: no answer within ...`, with what is known of the call. */
export function failure<Failure, Init>(
  ErrorClass: new (message: string, init: Init) => Failure,
  { redact, ...facts }: CallFacts,
  says: string,
  init: Omit<Init, keyof CallFacts>,
): Failure {
  const { method, path } = facts.request;
  return new ErrorClass(redact(`${method} ${path}: ${says}`), { ...facts, ...init } as Init);
}
