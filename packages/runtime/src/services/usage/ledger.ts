import { sql } from 'kysely';
import { hourMs, hourOf } from '../../full-hours.ts';
import type { AccountScope } from '../accounts/account-scope.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { TimeSpan } from './billing-period.ts';

// The ledger is the steps: one row for each executed model call, so a replay or a fork counts nothing twice. Simulated
// calls are nobody's tokens and are left out. Closed hours are also kept as sums in `usage_hours`, which outlive the
// steps of old traces.

/** What model calls used. */
export interface LedgerSums {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  /** Of the calls whose price is known. */
  costMicrousd: number;
  /** Input and output of the calls whose price is not. */
  unpricedTokens: number;
}

/** Sums of one bucket of time, agent and model. */
export interface LedgerEntry extends LedgerSums {
  /** From 0. */
  bucket: number;
  agentId: string;
  modelProvider: string;
  model: string;
}

/** Nothing. */
export const noSums: LedgerSums = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costMicrousd: 0,
  unpricedTokens: 0,
};

/** Both together. */
export function addSums(one: LedgerSums, other: LedgerSums): LedgerSums {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    reasoningTokens: one.reasoningTokens + other.reasoningTokens,
    costMicrousd: one.costMicrousd + other.costMicrousd,
    unpricedTokens: one.unpricedTokens + other.unpricedTokens,
  };
}

/** All of some entries together. */
export function totalOf(entries: readonly LedgerSums[]): LedgerSums {
  return entries.reduce(addSums, noSums);
}

/** The sums of each group, in the order of their names. */
export function groupSums<Entry extends LedgerSums>(
  entries: readonly Entry[],
  nameOf: (entry: Entry) => string,
): Map<string, LedgerSums> {
  const groups = new Map<string, LedgerSums>();
  for (const entry of entries) {
    const name = nameOf(entry);
    groups.set(name, addSums(groups.get(name) ?? noSums, entry));
  }
  return new Map([...groups].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** How time is cut: buckets of one width, the first of which begins at `start`, which may be before what is read. */
export interface BucketGrid {
  start: number;
  widthMs: number;
}

/**
 * Reads a stretch of the ledger. Whole hours that are summed up already come from their sums, where the buckets consist
 * of hours; the rest from the steps.
 */
export async function readLedger(account: AccountScope, span: TimeSpan, grid: BucketGrid): Promise<LedgerEntry[]> {
  const fold = await account.usageFold().select('folded_until').executeTakeFirst();
  const isOfHours = grid.start % hourMs === 0 && grid.widthMs % hourMs === 0;
  const begin = Math.ceil(span.start / hourMs) * hourMs;
  const end = Math.min(hourOf(span.end), fold?.folded_until ?? 0);
  if (!isOfHours || end <= begin) return readSteps(account, span, grid);
  return [
    ...(begin > span.start ? await readSteps(account, { start: span.start, end: begin }, grid) : []),
    ...(await readHours(account, { start: begin, end }, grid)),
    ...(await readSteps(account, { start: end, end: span.end }, grid)),
  ];
}

/** The bucket of an instant. Numbers travel as fractions to SQLite, which Postgres never sees. */
export function bucketOf(instant: string, { start, widthMs }: BucketGrid) {
  return sql<number>`CAST((${sql.ref(instant)} - ${start}) / ${widthMs} AS BIGINT)`;
}

/** All of a stretch of the ledger, by agent and model. */
export function readSpan(account: AccountScope, span: TimeSpan): Promise<LedgerEntry[]> {
  const start = hourOf(span.start);
  return readLedger(account, span, { start, widthMs: Math.ceil((span.end - start) / hourMs) * hourMs });
}

interface SummedRow {
  bucket: number;
  agent_id: string | null;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  cost_microusd: number;
  unpriced_tokens: number;
}

/** By the primary key of usage_hours. */
async function readHours(account: AccountScope, span: TimeSpan, grid: BucketGrid): Promise<LedgerEntry[]> {
  const rows = await account
    .usageHours()
    .where('hour', '>=', span.start)
    .where('hour', '<', span.end)
    .select(['agent_id', 'model_provider', 'model'])
    .select(bucketOf('hour', grid).as('bucket'))
    .select(sumColumns.map((column) => sql<number>`CAST(sum(${sql.ref(column)}) AS BIGINT)`.as(column)))
    .groupBy(['bucket', 'agent_id', 'model_provider', 'model'])
    .execute();
  return rows.map((row) => ({
    ...sumsOf(row),
    bucket: row.bucket,
    agentId: row.agent_id,
    modelProvider: row.model_provider,
    model: row.model,
  }));
}

const sumColumns = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_microusd',
  'unpriced_tokens',
] as const;

/** From the steps themselves, by the index steps_ledger. */
export async function readSteps(account: AccountScope, span: TimeSpan, grid: BucketGrid): Promise<LedgerEntry[]> {
  const calls = account
    .ledger()
    .innerJoin('tasks', 'tasks.id', 'steps.task_id')
    .where('steps.finished_at', '>=', span.start)
    .where('steps.finished_at', '<', span.end)
    // As the runtime writes it; a quote inside a model's name would be escaped.
    .where('steps.model', 'not like', '%"simulated":true%')
    .select(['tasks.agent_id', 'steps.model', 'steps.input_tokens', 'steps.cache_read_tokens'])
    .select(['steps.cache_write_tokens', 'steps.output_tokens', 'steps.reasoning_tokens', 'steps.cost_microusd'])
    .select(bucketOf('steps.finished_at', grid).as('bucket'));
  const { rows } = await sql<SummedRow & { model: string }>`
    SELECT bucket, agent_id, model,
      CAST(sum(input_tokens) AS BIGINT) AS input_tokens,
      CAST(sum(coalesce(cache_read_tokens, 0)) AS BIGINT) AS cache_read_tokens,
      CAST(sum(coalesce(cache_write_tokens, 0)) AS BIGINT) AS cache_write_tokens,
      CAST(sum(coalesce(output_tokens, 0)) AS BIGINT) AS output_tokens,
      CAST(sum(coalesce(reasoning_tokens, 0)) AS BIGINT) AS reasoning_tokens,
      CAST(sum(coalesce(cost_microusd, 0)) AS BIGINT) AS cost_microusd,
      CAST(sum(CASE WHEN cost_microusd IS NULL THEN input_tokens + coalesce(output_tokens, 0) ELSE 0 END) AS BIGINT)
        AS unpriced_tokens
    FROM (${calls}) AS calls GROUP BY bucket, agent_id, model`.execute(account.reader());
  return rows.map((row) => {
    const { provider = '', model = '' } = parseStored<{ provider?: string; model?: string }>(row.model);
    return { ...sumsOf(row), bucket: row.bucket, agentId: row.agent_id ?? '', modelProvider: provider, model };
  });
}

function sumsOf(row: Omit<SummedRow, 'bucket' | 'agent_id'>): LedgerSums {
  return {
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    costMicrousd: row.cost_microusd,
    unpricedTokens: row.unpriced_tokens,
  };
}
