import type { ValidationIssue } from '@runctl/core';
import { type FailureCode, failureKind, type ResourceName } from './failure-kinds.ts';

/** What a failure says besides its code and its message. */
export interface FailureContext {
  /** What is wrong, piece by piece. */
  details?: readonly ValidationIssue[];
  /** What to do about it, in a sentence. Default: what the kind of failure says. */
  hint?: string;
  /** The kind of thing that it is about. */
  resource?: string;
  resourceId?: string;
  /** Seconds after which to come back. */
  retryAfterSeconds?: number;
  /** Of a 403: the scope that the key would need. */
  requiredScope?: string;
  /** Of a 402: what the tenant has too much of. */
  quota?: { limit: number; used: number; resetsAt?: string };
  /** Of a 405: the methods that the route takes. */
  allowedMethods?: readonly string[];
  cause?: unknown;
}

/** A request that cannot be answered with success, for a reason that the caller may know. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly hint: string;
  readonly context: FailureContext;

  constructor(code: FailureCode, message: string, context: FailureContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    const kind = failureKind(code);
    this.code = code;
    this.status = kind.status;
    this.title = kind.title;
    this.retryable = kind.retryable ?? false;
    this.hint = context.hint ?? kind.hint;
    this.context = context;
  }
}

/** It does not exist, or belongs to another tenant: the answer is the same. */
export function notFound(resource: ResourceName, resourceId: string): Failure {
  const words = resource.replace('_', ' ');
  return new Failure(`${resource}.not_found`, `There is no ${words} with the id ${shown(resourceId)}.`, {
    resource,
    resourceId,
  });
}

/** The request does not have the form that the route takes. */
export function invalid(details: readonly ValidationIssue[], code: FailureCode = 'request.invalid'): Failure {
  const [first] = details;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  return new Failure(code, `${where}${first?.message ?? 'The request is not valid.'}${more}`, { details });
}

/** Text from outside, cut to a length that fits a message. */
export function shown(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
