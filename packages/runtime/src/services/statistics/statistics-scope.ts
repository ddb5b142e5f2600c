import { type RawBuilder, sql } from 'kysely';
import { isPostgres } from '../../store/in-list.ts';
import type { BadEndHourRow } from '../../store/statistics-rows.ts';
import type { Query } from '../../store/store.ts';
import type { Span } from '../period-window.ts';
import { TenantBound } from '../tenant-bound.ts';
import { sumsOf, toolSums } from './hour-sums.ts';

/** One tenant's view of what its statistics are made of: sums of closed hours, and the rows that they are sums of. */
export class StatisticsScope extends TenantBound {
  /** Runs what has been built from here. */
  reader(): Query {
    return this.query;
  }

  fold() {
    return this.query.selectFrom('statistics_folds').where('tenant_id', '=', this.tenantId);
  }

  staleHours() {
    return this.query.selectFrom('stale_hours').where('tenant_id', '=', this.tenantId);
  }

  finishedHours() {
    return this.query.selectFrom('finished_hours').where('tenant_id', '=', this.tenantId);
  }

  badEndHours() {
    return this.query.selectFrom('bad_end_hours').where('tenant_id', '=', this.tenantId);
  }

  toolHours() {
    return this.query.selectFrom('tool_hours').where('tenant_id', '=', this.tenantId);
  }

  tasks() {
    return this.query.selectFrom('tasks').where('tasks.tenant_id', '=', this.tenantId);
  }

  steps() {
    return this.query.selectFrom('steps').where('steps.tenant_id', '=', this.tenantId);
  }
}

const hourTables = ['finished_hours', 'bad_end_hours', 'tool_hours'] as const;
/** Rows of one statement, which may have so many parameters only. */
const rowsAtOnce = 100;

/** The same within a transaction that sums hours up. */
export class StatisticsWriteScope extends StatisticsScope {
  /** Milliseconds since the epoch by the clock of the database, which all its processes share. */
  async databaseNow(): Promise<number> {
    if (!isPostgres(this.unguarded)) return Date.now();
    const { rows } = await sql<{ now: number }>`
      SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now`.execute(this.unguarded);
    return rows[0]?.now ?? 0;
  }

  /** Lets one process at a time sum up hours of this tenant. Up to where they are; undefined: none is yet. */
  async lockFold(): Promise<Span | undefined> {
    const fold = await this.query
      .updateTable('statistics_folds')
      .set(({ ref }) => ({ folded_until: ref('folded_until') }))
      .where('tenant_id', '=', this.tenantId)
      .returning(['folded_from', 'folded_until'])
      .executeTakeFirst();
    return fold === undefined ? undefined : { from: fold.folded_from, to: fold.folded_until };
  }

  /** False where another process was first. */
  async beginFold(from: number): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.query
      .insertInto('statistics_folds')
      .values({ tenant_id: this.tenantId, folded_from: from, folded_until: from })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }

  async moveFold(until: number): Promise<void> {
    await this.query
      .updateTable('statistics_folds')
      .set({ folded_until: until })
      .where('tenant_id', '=', this.tenantId)
      .execute();
  }

  /** Forgets that hours are stale. First: who makes one stale again meanwhile is waited for, and counted. */
  async takeStale({ from, to }: Span): Promise<void> {
    await this.query
      .deleteFrom('stale_hours')
      .where('tenant_id', '=', this.tenantId)
      .where('hour', '>=', from)
      .where('hour', '<', to)
      .execute();
  }

  /** Sums whole hours up from the rows; sums that there are of them go. By tasks_finished and steps_of_tools. */
  async sumUp(span: Span, badEnds: readonly Omit<BadEndHourRow, 'tenant_id'>[]): Promise<void> {
    for (const table of hourTables) {
      await this.query
        .deleteFrom(table)
        .where('tenant_id', '=', this.tenantId)
        .where('hour', '>=', span.from)
        .where('hour', '<', span.to)
        .execute();
    }
    const ended = sql`tenant_id = ${this.tenantId} AND finished_at >= ${span.from} AND finished_at < ${span.to}`;
    await this.#run(sumsOf({ owner: `''`, kind: 'tenant', version: '0', simulated: '0' }, ended));
    await this.#run(
      sumsOf(
        { owner: 'agent_id', kind: 'agent', version: 'coalesce(agent_version, 0)', simulated: 'simulated' },
        sql`${ended} AND agent_id IS NOT NULL`,
      ),
    );
    await this.#run(
      sumsOf({ owner: 'team_id', kind: 'team', version: '0', simulated: '0' }, sql`${ended} AND team_id IS NOT NULL`),
    );
    await this.#run(toolSums(this.tenantId, span));
    for (let at = 0; at < badEnds.length; at += rowsAtOnce) {
      const rows = badEnds.slice(at, at + rowsAtOnce).map((row) => ({ ...row, tenant_id: this.tenantId }));
      await this.query.insertInto('bad_end_hours').values(rows).execute();
    }
  }

  async #run(statement: RawBuilder<unknown>): Promise<void> {
    await statement.execute(this.query);
  }
}
