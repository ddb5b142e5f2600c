import { type RawBuilder, sql } from 'kysely';
import type { Span } from '../period-window.ts';

/** The first instant of the hour of one; both homes divide whole numbers to a whole number. */
const hourOfColumn = (instant: string) => sql.raw(`${instant} / 3600000 * 3600000`);

/** A sum of whole numbers, as one. */
export const wholeSum = (expression: RawBuilder<unknown>) => sql<number | null>`CAST(sum(${expression}) AS BIGINT)`;

/** Thousands of numbers as one text, which costs a tenth of as many rows. */
export const joined = (expression: RawBuilder<unknown>) =>
  sql<string | null>`string_agg(CAST(${expression} AS TEXT), ',')`;

/** From ready to started, milliseconds. */
export const waitOf = sql`started_at - CASE WHEN scheduled_for > created_at THEN scheduled_for ELSE created_at END`;

/** Whose sums are made, in terms of a task's columns. */
interface Grouping {
  owner: string;
  kind: 'tenant' | 'agent' | 'team';
  version: string;
  simulated: string;
}

/** Writes the sums of what ended. */
export function sumsOf({ owner, kind, version, simulated }: Grouping, ended: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    INSERT INTO finished_hours (tenant_id, owner, kind, hour, agent_version, simulated, total, completed, failed, steps,
      input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microusd, priced,
      busy_ms, oldest, newest, durations, waits)
    SELECT tenant_id, ${sql.raw(owner)} AS whose, ${sql.lit(kind)}, ${hourOfColumn('finished_at')} AS hour,
      ${sql.raw(version)} AS of_version, ${sql.raw(simulated)} AS is_simulated,
      count(*), count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'), sum(steps),
      sum(input_tokens), sum(cache_read_tokens), sum(cache_write_tokens), sum(output_tokens), sum(reasoning_tokens),
      sum(cost_microusd), count(cost_microusd), sum(coalesce(finished_at - started_at, 0)), min(created_at),
      max(created_at), ${joined(sql`finished_at - started_at`)}, ${joined(waitOf)}
    FROM tasks WHERE ${ended} GROUP BY tenant_id, whose, hour, of_version, is_simulated`;
}

/** Writes the sums of the tools that agents called. Each task by primary key. */
export function toolSums(tenantId: string, { from, to }: Span): RawBuilder<unknown> {
  return sql`
    INSERT INTO tool_hours (tenant_id, agent_id, hour, name, simulated, calls, errors, durations)
    SELECT steps.tenant_id, tasks.agent_id, ${hourOfColumn('steps.finished_at')} AS hour, steps.name, tasks.simulated,
      count(*), count(*) FILTER (WHERE steps.status = 'failed'), ${joined(tookOf)}
    FROM steps JOIN tasks ON tasks.id = steps.task_id
    WHERE steps.tenant_id = ${tenantId} AND steps.kind = 'tool' AND steps.finished_at >= ${from}
      AND steps.finished_at < ${to} AND tasks.agent_id IS NOT NULL
    GROUP BY steps.tenant_id, tasks.agent_id, hour, steps.name, tasks.simulated`;
}

/** How long a step took, milliseconds. */
export const tookOf = sql`steps.finished_at - steps.started_at`;
