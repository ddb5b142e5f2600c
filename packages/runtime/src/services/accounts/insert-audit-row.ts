import type { CompiledQuery } from 'kysely';
import type { AuditRow } from '../../store/schema.ts';
import type { Query } from '../../store/store.ts';

/** By the kind of database: the statement, and the order of its parameters. */
const statements = new WeakMap<object, { compiled: CompiledQuery; columns: readonly (keyof AuditRow)[] }>();

/**
 * Adds an entry. Every change of the API does so, and to build its statement anew cost a tenth of creating a task, so it
 * is built once.
 */
export async function insertAuditRow(query: Query, row: AuditRow): Promise<void> {
  const kind = query.getExecutor().adapter.constructor;
  let known = statements.get(kind);
  if (known === undefined) {
    const columns = Object.keys(row) as (keyof AuditRow)[];
    known = { compiled: query.insertInto('audit_log').values(row).compile(), columns };
    statements.set(kind, known);
  }
  await query.executeQuery({ ...known.compiled, parameters: known.columns.map((column) => row[column]) });
}
