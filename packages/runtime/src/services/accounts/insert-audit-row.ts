import { prepared } from '../../store/prepared.ts';
import type { AuditRow } from '../../store/schema.ts';
import type { Query } from '../../store/store.ts';

const insert = prepared((query, row: AuditRow) =>
  query.insertInto('audit_log').values({
    tenant_id: row.tenant_id,
    id: row.id,
    actor: row.actor,
    action: row.action,
    target: row.target,
    created_at: row.created_at,
  }),
);

/** Adds an entry: every change of the API does so. */
export async function insertAuditRow(query: Query, row: AuditRow): Promise<void> {
  await insert.run(query, row);
}
