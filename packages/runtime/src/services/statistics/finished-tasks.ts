import type { TokenUsage } from '@runctl/tasks';
import { sql } from 'kysely';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { toUsd } from '../wire/money.ts';
import { Durations } from './durations.ts';

/** Which finished tasks are counted. */
export interface FinishedFilter {
  /** When they ended. */
  finished: Span;
  /** When they were created. Default: whenever. */
  created?: Span;
  agentId?: string;
  teamId?: string;
  /** Whether `waits` is wanted, which is another pass. */
  withWaits?: boolean;
}

/** What finished tasks come to. */
export interface FinishedTotals {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  usage: TokenUsage;
  /** From start to end of those that started. */
  durations: Durations;
  /** From ready to started. */
  waits: Durations;
}

interface TotalsRow {
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  input: number | null;
  cache_read: number | null;
  cache_write: number | null;
  output: number | null;
  reasoning: number | null;
  cost: number | null;
  priced: number;
  durations: string | null;
  waits?: string | null;
}

/**
 * One pass over the index tasks_finished, which holds all that is needed: no task's row is opened, and nothing is
 * grouped or sorted by the database. Durations come as one text, which costs a tenth of as many rows.
 */
export async function totalFinished(scope: TenantScope, filter: FinishedFilter): Promise<FinishedTotals> {
  const totals = finished(scope, filter).select(columns);
  const row = await (filter.withWaits === true ? totals.select(waits) : totals).executeTakeFirstOrThrow();
  return toTotals(row);
}

/** One version of an agent. */
export interface VersionTotals extends FinishedTotals {
  version: number;
  steps: number;
}

/** The same, apart for each version of an agent, newest first; simulated tasks left out. */
export async function totalByVersion(scope: TenantScope, filter: FinishedFilter): Promise<VersionTotals[]> {
  const rows = await finished(scope, filter)
    .where('simulated', '=', 0)
    .where('agent_version', 'is not', null)
    .select(columns)
    .select(['agent_version as version', sql<number>`CAST(sum(steps) AS BIGINT)`.as('steps')])
    .groupBy('agent_version')
    .orderBy('agent_version', 'desc')
    .execute();
  return rows.map((row) => ({ ...toTotals(row), version: row.version ?? 0, steps: row.steps }));
}

function finished(scope: TenantScope, { finished: ended, created, agentId, teamId }: FinishedFilter) {
  let tasks = scope.tasks().where('finished_at', '>=', ended.from).where('finished_at', '<', ended.to);
  if (created !== undefined) {
    tasks = tasks.where('created_at', '>=', created.from).where('created_at', '<', created.to);
  }
  if (agentId !== undefined) tasks = tasks.where('agent_id', '=', agentId);
  if (teamId !== undefined) tasks = tasks.where('team_id', '=', teamId);
  return tasks;
}

const sum = (column: string) => sql<number | null>`CAST(sum(${sql.ref(column)}) AS BIGINT)`;
const count = (status: string) => sql<number>`count(*) FILTER (WHERE status = ${sql.lit(status)})`;
const texts = (expression: ReturnType<typeof sql>) => sql<string | null>`string_agg(CAST(${expression} AS TEXT), ',')`;

const columns = [
  sql<number>`count(*)`.as('total'),
  count('completed').as('completed'),
  count('failed').as('failed'),
  count('cancelled').as('cancelled'),
  sum('input_tokens').as('input'),
  sum('cache_read_tokens').as('cache_read'),
  sum('cache_write_tokens').as('cache_write'),
  sum('output_tokens').as('output'),
  sum('reasoning_tokens').as('reasoning'),
  sum('cost_microusd').as('cost'),
  sql<number>`count(cost_microusd)`.as('priced'),
  texts(sql`finished_at - started_at`).as('durations'),
];

const readyAt = sql`CASE WHEN scheduled_for > created_at THEN scheduled_for ELSE created_at END`;
const waits = texts(sql`started_at - ${readyAt}`).as('waits');

function toTotals(row: TotalsRow): FinishedTotals {
  return {
    total: row.total,
    completed: row.completed,
    failed: row.failed,
    cancelled: row.cancelled,
    usage: {
      inputTokens: row.input ?? 0,
      cacheReadTokens: row.cache_read ?? 0,
      cacheWriteTokens: row.cache_write ?? 0,
      outputTokens: row.output ?? 0,
      reasoningTokens: row.reasoning ?? 0,
      costUsd: row.priced < row.total ? null : toUsd(row.cost ?? 0),
    },
    durations: Durations.read(row.durations),
    waits: Durations.read(row.waits ?? null),
  };
}

/** The totals of several spans as one. */
export function mergeTotals(parts: readonly FinishedTotals[]): FinishedTotals {
  const add = (pick: (part: FinishedTotals) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const costs = parts.map(({ usage }) => usage.costUsd);
  return {
    total: add(({ total }) => total),
    completed: add(({ completed }) => completed),
    failed: add(({ failed }) => failed),
    cancelled: add(({ cancelled }) => cancelled),
    usage: {
      inputTokens: add(({ usage }) => usage.inputTokens),
      cacheReadTokens: add(({ usage }) => usage.cacheReadTokens),
      cacheWriteTokens: add(({ usage }) => usage.cacheWriteTokens),
      outputTokens: add(({ usage }) => usage.outputTokens),
      reasoningTokens: add(({ usage }) => usage.reasoningTokens),
      costUsd: addUsd(costs),
    },
    durations: Durations.merge(parts.map(({ durations }) => durations)),
    waits: Durations.merge(parts.map(({ waits }) => waits)),
  };
}

/** A sum of which one part is unknown is unknown. In whole millionths, so that it is exact. */
export function addUsd(costs: readonly (number | null)[]): number | null {
  let micro = 0;
  for (const cost of costs) {
    if (cost === null) return null;
    micro += Math.round(cost * 1e6);
  }
  return toUsd(micro);
}

/** Completed of completed and failed, to four decimals. */
export function successRate({ completed, failed }: { completed: number; failed: number }): number | null {
  return completed + failed === 0 ? null : Math.round((completed / (completed + failed)) * 1e4) / 1e4;
}
