import type { FailedRequest } from '../errors/runctl-error.ts';

/** What an error says of the attempt that it comes from. */
export interface AttemptFacts {
  request: FailedRequest;
  /** Attempts made, this one included. */
  attempts: number;
  idempotencyKey: string | undefined;
  /** Hides the key wherever the other side echoes it. */
  redact: (text: string) => string;
}

/** How an error's message begins: `GET /agents/agt_1: ...` */
export function about(facts: AttemptFacts): string {
  return `${facts.request.method} ${facts.request.path}:`;
}
