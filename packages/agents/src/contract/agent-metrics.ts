import type { AgentId, PeriodWindow, Timestamp } from '@runctl/core';

/** Tokens as totals and their parts: input = uncached + cache read + cache write; output includes reasoning. */
export interface TokenUsage {
  /** Tokens sent to models, cached ones included. */
  inputTokens: number;
  /** Of these, read from a provider's cache. */
  cacheReadTokens: number;
  /** Of these, written to a provider's cache. */
  cacheWriteTokens: number;
  /** Tokens that models answered with, reasoning included. */
  outputTokens: number;
  /** Of these, reasoning. */
  reasoningTokens: number;
  /** US dollars, 6 decimals. Null where a model's price is unknown: never 0, never a guess. */
  costUsd: number | null;
}

/** Percentiles of a duration, milliseconds. Null where there is no sample. */
export interface LatencyStats {
  /** Half of the samples took at most this. */
  p50Ms: number | null;
  /** 95 of 100 samples took at most this. */
  p95Ms: number | null;
  /** 99 of 100 samples took at most this. */
  p99Ms: number | null;
}

/** How one tool did. */
export interface ToolMetrics {
  /** The tool. */
  name: string;
  /** Calls, failed ones included. */
  calls: number;
  /** Calls that failed. */
  errors: number;
  /** Milliseconds that 95 of 100 calls took at most; null without a call. */
  p95Ms: number | null;
}

/** One bucket of an agent's metrics. */
export interface AgentMetricsPoint {
  /** Start of the bucket. */
  timestamp: Timestamp;
  /** Tasks that ended in it. */
  tasks: number;
  /** Of these, failed. */
  failed: number;
  /** Milliseconds that 95 of 100 of these tasks took at most. */
  p95Ms: number | null;
  /** Tokens, input and output. */
  tokens: number;
  /** US dollars; null where a price is unknown. */
  costUsd: number | null;
}

/**
 * What an agent did in a window of time. Simulated tasks count like others: they ran. Their tokens are estimates by length,
 * their cost is 0.
 */
export interface AgentMetrics extends PeriodWindow {
  /** The agent. */
  agentId: AgentId;
  /** Its tasks that ended in the window. */
  tasks: {
    /** All of them. */
    total: number;
    /** Completed. */
    completed: number;
    /** Failed. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Completed / (completed + failed), 0 to 1; null without any. */
    successRate: number | null;
  };
  /** From start to end of a task. */
  duration: LatencyStats;
  /** From queued to started. */
  queueWait: LatencyStats;
  /** Tokens and cost. */
  usage: TokenUsage;
  /** A row for each tool that was called. */
  tools: ToolMetrics[];
  /** Every bucket of the window, empty ones with zeros. */
  points: AgentMetricsPoint[];
}
