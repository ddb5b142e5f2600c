import type { RequestId } from '../ids.ts';
import { own } from '../own.ts';
import type { Timestamp } from '../time.ts';
import { RunctlError, type RunctlErrorInit } from './runctl-error.ts';
import type { ValidationIssue } from './validation-issue.ts';

/** What an error that the server reported is made from. */
export interface RunctlApiErrorInit extends RunctlErrorInit {
  /** The HTTP status, or 0 where nothing was sent. */
  status: number;
  /** The server's name for the request. */
  requestId?: RequestId | undefined;
  /** Default: none. */
  details?: readonly ValidationIssue[] | undefined;
  /** What to do about it. */
  hint?: string | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** The members of the error's body that only some classes read: `resource`, `limit`, `requiredScope`. */
  body?: Readonly<Record<string, unknown>> | undefined;
}

/** The server answered, with anything but success. */
export class RunctlApiError extends RunctlError {
  static override readonly errorName: string = 'RunctlApiError';
  /** What the class says where the server said nothing. */
  protected static readonly fallback: object = {};
  /** The HTTP status. 0 where the request was refused before it was sent. */
  declare readonly status: number;
  /** The server's name for the request, to quote to support. */
  declare readonly requestId: RequestId | undefined;
  /** What is wrong, piece by piece; empty where the server did not say. */
  declare readonly details: readonly ValidationIssue[];
  /** What to do about it, in a sentence. */
  declare readonly hint: string | undefined;
  /** Seconds after which the server asks to come back, where it said. */
  declare readonly retryAfter: number | undefined;

  constructor(message: string, { body = {}, ...init }: RunctlApiErrorInit) {
    const members: Record<string, unknown> = own({ details: [], ...new.target.fallback }, init);
    for (const name of ['resource', 'resourceId', 'limit', 'used', 'resetsAt', 'requiredScope']) {
      if (/number|string/.test(typeof body[name])) members[name] = body[name];
    }
    super(message, members as RunctlApiErrorInit & object);
  }
}

/**
 * 400, 413, 415, 422. Also a mistake that was found before anything was sent, such as an empty id or a date that is none:
 * then `status` is 0, `attempts` is 0 and `code` is `request.invalid`.
 */
export class RunctlValidationError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlValidationError';
}

/** 401: the key is missing, unknown or revoked. */
export class RunctlAuthenticationError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlAuthenticationError';
}

/** 402: a quota of the tenant is used up. */
export class RunctlQuotaExceededError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlQuotaExceededError';
  protected static override readonly fallback = { resource: 'unknown' };
  /** `agents`, `replicas`, `concurrent_tasks`, `tasks_per_day`, `tokens_per_month`, `spend`. */
  declare readonly resource: string;
  /** The most that the quota allows. */
  declare readonly limit: number | undefined;
  /** What is in use. */
  declare readonly used: number | undefined;
  /** When the quota starts anew. */
  declare readonly resetsAt: Timestamp | undefined;
}

/** 403: the key is known but may not do this. */
export class RunctlAuthorizationError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlAuthorizationError';
  /** The scope that the key would need. */
  declare readonly requiredScope: string | undefined;
}

/** 404, 410: it does not exist, or belongs to another tenant, or is gone. */
export class RunctlNotFoundError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlNotFoundError';
  protected static override readonly fallback = { resource: 'unknown' };
  /** What was looked for: `agent`, `task`; `unknown` where the server did not say. */
  declare readonly resource: string;
  /** The id that was looked for. */
  declare readonly resourceId: string | undefined;
}

/** 409, 412: the resource is in another state or at another version. */
export class RunctlConflictError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlConflictError';
}

/** 429: too many requests. */
export class RunctlRateLimitError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlRateLimitError';
  protected static override readonly fallback = { retryAfter: 0 };
  /** Seconds, 0 or more; 0 where the server did not say. */
  declare readonly retryAfter: number;
}

/** 5xx: the server failed, or a proxy before it. */
export class RunctlServerError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlServerError';
}
