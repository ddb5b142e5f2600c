import type { PeriodWindow, Timestamp } from '@runctl/core';
import type { TenantLimits } from './tenant.ts';
import type { TokenUsage } from './token-usage.ts';

/** What a tenant uses now. Simulated tasks count as tasks; as tokens and money they count nowhere. */
export interface TenantUsage {
  /** Agents that run or are being deployed. */
  activeAgents: number;
  /** Instances, busy or not. */
  runningInstances: number;
  /** Tasks that wait for a slot. */
  queuedTasks: number;
  /** Tasks that have one. */
  runningTasks: number;
  /** Tasks created since midnight UTC. */
  tasksToday: number;
  /** Tokens since midnight UTC, input and output. */
  tokensToday: number;
  /** Tokens in this billing period, input and output. */
  tokensThisPeriod: number;
  /** US dollars in this billing period; null where a price is unknown. */
  costThisPeriodUsd: number | null;
  /** What it may use at most. */
  limits: TenantLimits;
  /** First instant of this billing period. */
  periodStart: Timestamp;
  /** First instant after it. */
  periodEnd: Timestamp;
}

/** One bucket of the usage. */
export interface UsagePoint {
  /** Start of the bucket. */
  timestamp: Timestamp;
  /** Tasks that ended in it. */
  tasks: number;
  /** Of these, failed. */
  failedTasks: number;
  /** Agents that worked in it. */
  activeAgents: number;
  /** Seconds that instances worked. */
  computeSeconds: number;
}

/** What a tenant used, bucket by bucket. Simulated tasks count like others. */
export interface UsageHistory extends PeriodWindow {
  /** Every bucket of the window, empty ones with zeros. */
  points: UsagePoint[];
}

/** Which tokens a tenant used. Simulated calls are left out. */
export interface TokenUsageHistory extends PeriodWindow {
  /** The whole window. */
  totals: TokenUsage;
  /** Every bucket of the window, empty ones with zeros. `timestamp` is its start. */
  points: ({ timestamp: Timestamp } & TokenUsage)[];
  /** A row for each model. */
  byModel: ({ modelProvider: string; model: string } & TokenUsage)[];
  /** A row for each agent. */
  byAgent: ({ agentId: string } & TokenUsage)[];
}

/** One bucket of the cost. */
export interface CostPoint {
  /** Start of the bucket. */
  timestamp: Timestamp;
  /** US dollars. */
  amount: number;
  /** Tokens of models whose price is unknown. */
  unpricedTokens: number;
}

/** What a tenant spent on models. Simulated calls are left out. */
export interface CostHistory extends PeriodWindow {
  /** Of every amount. */
  currency: 'USD';
  /** The whole window, in `currency`. */
  total: number;
  /** Tokens of models whose price is unknown: counted here, priced nowhere. */
  unpricedTokens: number;
  /** Every bucket of the window, empty ones with zeros. */
  points: CostPoint[];
  /** A row for each agent; `amount` in `currency`. */
  byAgent: { agentId: string; amount: number }[];
}
