import { own } from '../own.ts';
import { isInstance, markError } from './error-mark.ts';

/** What an error is made from, besides its message. */
export interface RunctlErrorInit {
  /** Stable and dotted. */
  code: string;
  /** Whether the same call may succeed later, unchanged. Default false. */
  retryable?: boolean | undefined;
  /** Requests sent before the error. Default 0. */
  attempts?: number | undefined;
  /** The call that failed, without query, header and body. */
  request?: FailedRequest | undefined;
  /** The key that the attempts shared. */
  idempotencyKey?: string | undefined;
  /** A retry was due, but the client's retry budget was used up. Default false. */
  retryBudgetExhausted?: boolean | undefined;
  /** The original error, where there is one. */
  cause?: unknown;
}

/** What an error remembers of its request: nothing that could hold a secret. */
export interface FailedRequest {
  /** Upper case. */
  method: string;
  /** Below `baseUrl`, without the query. */
  path: string;
}

/**
 * Base of all errors of this SDK. `instanceof` compares a `Symbol.for` mark, so it holds across two installed copies.
 * No error holds the API key, a header, or the request itself: all are safe to log.
 *
 * @example
 * try {
 *   await client.agents.get('agt_01jd3vxa8rk2z0m4c6w9q5t7yb');
 * } catch (error) {
 *   if (error instanceof RunctlError) console.error(error.code, error.retryable);
 *   else throw error;
 * }
 */
export class RunctlError extends Error {
  /** The class's name as text; it survives minifiers and joins the copies of the class. */
  static readonly errorName: string = 'RunctlError';
  /** Stable, dotted: `task.not_found`, `controller.busy`, `network.failed`. Branch on this or on the class, never on `message`. */
  declare readonly code: string;
  /** The same call may succeed later, unchanged. */
  declare readonly retryable: boolean;
  /** Requests that were sent, from 0: an error of 0 attempts was found before any byte left. */
  declare readonly attempts: number;
  /** The call that failed, where there was one. */
  declare readonly request: FailedRequest | undefined;
  /** The key that all attempts shared, where the call had one; the same call under it is safe to repeat. */
  declare readonly idempotencyKey: string | undefined;
  /** A retry was due, but too many calls of this client have failed lately for it to be worth one. */
  declare readonly retryBudgetExhausted: boolean;

  /** The error has what `init` sets, under the same names; subclasses declare what they expect there. */
  constructor(message: string, { cause, ...fields }: RunctlErrorInit) {
    super(message, cause === undefined ? cause : { cause });
    markError(this, new.target);
    Object.assign(this, own({ retryable: false, attempts: 0, retryBudgetExhausted: false }, fields));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: the class on the right of `instanceof`, which may be a subclass.
    return isInstance(this, value);
  }

  /** A plain object that is safe to log: name, code, message and what else the class has. No cause, no stack. */
  toJSON(): object {
    const { name, message } = this;
    return Object.assign({ name, message }, this);
  }
}
