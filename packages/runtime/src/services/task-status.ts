import type { TaskStatus } from '@runctl/tasks';

/** Statuses that change no more. */
export const terminalStatuses: readonly TaskStatus[] = ['completed', 'failed', 'cancelled'];
/** Statuses of tasks that have not ended. */
export const openStatuses: readonly TaskStatus[] = ['scheduled', 'queued', 'running', 'waiting'];

/** Whether a task has ended. */
export function isTerminal(status: TaskStatus): boolean {
  return terminalStatuses.includes(status);
}
