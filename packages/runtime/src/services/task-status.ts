import type { TaskStatus } from '@runctl/tasks';

/** Statuses that change no more. */
export const terminalStatuses: readonly TaskStatus[] = ['completed', 'failed', 'cancelled'];

/** Whether a task has ended. */
export function isTerminal(status: TaskStatus): boolean {
  return terminalStatuses.includes(status);
}
