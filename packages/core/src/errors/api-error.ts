import type { RequestId } from '../ids.ts';
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
  /** The key that the attempts shared. */
  idempotencyKey?: string | undefined;
  /** Seconds. */
  retryAfter?: number | undefined;
  /** The members of the error's body that only some classes read: `resource`, `limit`, `requiredScope`. */
  body?: Readonly<Record<string, unknown>> | undefined;
}

/** The server answered, with anything but success. */
export class RunctlApiError extends RunctlError {
  static override readonly errorName: string = 'RunctlApiError';
  /** The HTTP status. 0 where the request was refused before it was sent. */
  readonly status: number;
  /** The server's name for the request, to quote to support. */
  readonly requestId: RequestId | undefined;
  /** What is wrong, piece by piece; empty where the server did not say. */
  readonly details: readonly ValidationIssue[];
  /** What to do about it, in a sentence. */
  readonly hint: string | undefined;
  /** The key that all attempts shared; the same call under it is safe to repeat. */
  readonly idempotencyKey: string | undefined;
  /** Seconds after which the server asks to come back, where it said. */
  readonly retryAfter: number | undefined;

  constructor(message: string, init: RunctlApiErrorInit) {
    super(message, init);
    this.status = init.status;
    this.requestId = init.requestId;
    this.details = init.details ?? [];
    this.hint = init.hint;
    this.idempotencyKey = init.idempotencyKey;
    this.retryAfter = init.retryAfter;
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
  /** `agents`, `replicas`, `concurrent_tasks`, `tasks_per_day`, `tokens_per_month`, `spend`. */
  readonly resource: string;
  /** The most that the quota allows. */
  readonly limit: number | undefined;
  /** What is in use. */
  readonly used: number | undefined;
  /** When the quota starts anew. */
  readonly resetsAt: Timestamp | undefined;

  constructor(message: string, init: RunctlApiErrorInit) {
    super(message, init);
    this.resource = text(init, 'resource') ?? 'unknown';
    this.limit = number(init, 'limit');
    this.used = number(init, 'used');
    this.resetsAt = text(init, 'resetsAt');
  }
}

/** 403: the key is known but may not do this. */
export class RunctlAuthorizationError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlAuthorizationError';
  /** The scope that the key would need. */
  readonly requiredScope: string | undefined;

  constructor(message: string, init: RunctlApiErrorInit) {
    super(message, init);
    this.requiredScope = text(init, 'requiredScope');
  }
}

/** 404, 410: it does not exist, or belongs to another tenant, or is gone. */
export class RunctlNotFoundError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlNotFoundError';
  /** What was looked for: `agent`, `task`; `unknown` where the server did not say. */
  readonly resource: string;
  /** The id that was looked for. */
  readonly resourceId: string | undefined;

  constructor(message: string, init: RunctlApiErrorInit) {
    super(message, init);
    this.resource = text(init, 'resource') ?? 'unknown';
    this.resourceId = text(init, 'resourceId');
  }
}

/** 409, 412: the resource is in another state or at another version. */
export class RunctlConflictError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlConflictError';
}

/** 429: too many requests. */
export class RunctlRateLimitError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlRateLimitError';
  /** Seconds, 0 or more; 0 where the server did not say. */
  declare readonly retryAfter: number;

  constructor(message: string, init: RunctlApiErrorInit) {
    super(message, { ...init, retryAfter: init.retryAfter ?? 0 });
  }
}

/** 5xx: the server failed, or a proxy before it. */
export class RunctlServerError extends RunctlApiError {
  static override readonly errorName: string = 'RunctlServerError';
}

function text(init: RunctlApiErrorInit, member: string): string | undefined {
  const value = init.body?.[member];
  return typeof value === 'string' ? value : undefined;
}

function number(init: RunctlApiErrorInit, member: string): number | undefined {
  const value = init.body?.[member];
  return typeof value === 'number' ? value : undefined;
}
