import type { DateInput, EventId, InstanceId, Timestamp } from '@runctl/core';

/** One line of an agent's log. */
export interface AgentLogEntry {
  /** Its id; in the order of time. */
  id: EventId;
  /** When it was written. */
  timestamp: Timestamp;
  /** How bad it is. */
  level: 'debug' | 'info' | 'warn' | 'error';
  /** Who wrote it. */
  source: 'runtime' | 'agent' | 'tool' | 'worker';
  /** The text. */
  message: string;
  /** The task that it belongs to, or null. */
  taskId: string | null;
  /** The step of that task, from 1, or null. */
  step: number | null;
  /** The instance that wrote it, or null. */
  instanceId: InstanceId | null;
}

/** Which lines of the log. */
export interface AgentLogsQuery {
  /** That level and above. Default `debug`: all. */
  level?: AgentLogEntry['level'];
  /** Lines, 1 to 100. Default 20. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
  /** Lines of this task. */
  taskId?: string;
  /** Not before this instant. */
  from?: DateInput;
  /** Before this instant. */
  to?: DateInput;
}

/** One page of an agent's log, newest first. */
export interface AgentLogs {
  /** The lines. */
  logs: AgentLogEntry[];
  /** Whether there are older lines. */
  hasMore: boolean;
  /** Asks for the next page; null on the last. */
  nextCursor: string | null;
}
