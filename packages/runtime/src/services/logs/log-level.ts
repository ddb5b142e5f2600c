import type { AgentLogEntry } from '@runctl/agents';

/** Levels, mildest first: a row keeps the place in this list. */
export const logLevels: readonly AgentLogEntry['level'][] = ['debug', 'info', 'warn', 'error'];

/** A level as a row keeps it. */
export function levelNumber(level: AgentLogEntry['level']): number {
  return logLevels.indexOf(level);
}
