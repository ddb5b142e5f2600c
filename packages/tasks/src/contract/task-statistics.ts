import type { PeriodQuery, PeriodWindow, Timestamp } from '@runctl/core';
import type { TaskStatus } from './task.ts';

/** Whose tasks are counted. */
export interface TaskStatsFilter {
  /** Tasks of this agent. Default all. */
  agentId?: string;
  /** Tasks of this team. Default all. */
  teamId?: string;
}

/** Which tasks are counted, and over which window. */
export type TaskStatsQuery = PeriodQuery & TaskStatsFilter;

/** How a tenant's tasks did. Simulated ones count like others, with tokens by estimate and cost 0. */
export interface TaskStats {
  /** Tasks created in the window. */
  total: number;
  /** Of these, by where they stand now. */
  byStatus: Record<TaskStatus, number>;
  /** Completed / (completed + failed), 0 to 1; null without any. */
  successRate: number | null;
  /** Milliseconds from start to end, on average. */
  avgDurationMs: number | null;
  /** Milliseconds that 95 of 100 took at most. */
  p95DurationMs: number | null;
  /** Since when the longest waiting queued task waits; null where none does. */
  oldestQueuedAt: Timestamp | null;
  /** Tokens, input and output. */
  tokens: number;
  /** US dollars; null where a price is unknown. */
  costUsd: number | null;
}

/** One bucket of the history. */
export interface ExecutionHistoryPoint {
  /** Start of the bucket. */
  timestamp: Timestamp;
  /** Tasks that ended in it. */
  total: number;
  /** Of these, completed. */
  completed: number;
  /** Of these, failed. */
  failed: number;
  /** Of these, cancelled. */
  cancelled: number;
  /** Milliseconds that 95 of 100 of them took at most. */
  p95DurationMs: number | null;
  /** Tokens, input and output. */
  tokens: number;
  /** US dollars; null where a price is unknown. */
  costUsd: number | null;
}

/** What was executed, bucket by bucket. Simulated tasks count like others, with tokens by estimate and cost 0. */
export interface ExecutionHistory extends PeriodWindow {
  /** Every bucket of the window, empty ones with zeros. */
  points: ExecutionHistoryPoint[];
}
