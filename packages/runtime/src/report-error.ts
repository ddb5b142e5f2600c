/** What a failure belongs to. */
export interface ErrorContext {
  /** The task that was running. */
  taskId?: string;
  /** As the answer that hid the details from the caller names it. */
  requestId?: string;
}

/** Says on standard error what no task and no request should cause, with the id by which it is looked for. */
export function reportError(error: unknown, { taskId, requestId }: ErrorContext = {}): void {
  const subject = [
    taskId === undefined ? '' : `task ${taskId}: `,
    requestId === undefined ? '' : `request ${requestId}: `,
  ];
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`runctl: ${subject.join('')}${details}\n`);
}
