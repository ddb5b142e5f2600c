import { RunctlError, type RunctlErrorInit } from './runctl-error.ts';

/** The wait gave up; the work goes on. */
export class RunctlWaitTimeoutError<T = unknown> extends RunctlError {
  static override readonly errorName: string = 'RunctlWaitTimeoutError';
  /** What the last look saw, where one succeeded. */
  declare readonly last: T | undefined;
  /** Milliseconds. */
  declare readonly waitedMs: number;

  constructor(message: string, init: Omit<RunctlErrorInit, 'code'> & { last: T | undefined; waitedMs: number }) {
    super(message, { code: 'wait.timeout', retryable: true, ...init });
  }
}

/** The work that was waited for has failed, and `throwOnFailure` was set. */
export class RunctlFailedError<T = unknown> extends RunctlError {
  static override readonly errorName: string = 'RunctlFailedError';
  /** What failed: the task, the workflow, the deployment. */
  declare readonly subject: T;

  constructor(message: string, init: Omit<RunctlErrorInit, 'code'> & { code?: string; subject: T }) {
    super(message, { code: 'wait.failed', ...init });
  }
}
