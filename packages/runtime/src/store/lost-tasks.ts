import type { CodedError } from '../task-errors/task-error-codes.ts';

/** A task whose worker was lost this often fails with `worker_lost`: it may well be what kills them. */
export const mostLosses = 3;

/** The error of a task that has outlived its chances, as stored. */
export const lostError = JSON.stringify({
  code: 'worker_lost',
  message: `The worker was lost ${mostLosses} times while this task ran.`,
  step: null,
  retryable: true,
} satisfies CodedError);

/** The error of a task that waited too long to start, as stored. */
export const expiredError = JSON.stringify({
  code: 'expired',
  message: 'The task had not started when its time to start was over.',
  step: null,
  retryable: false,
} satisfies CodedError);

/** How often due times are looked at while there is work, in milliseconds. */
export const dueIntervalMs = 500;
