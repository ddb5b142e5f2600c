import type { ListQuery, PaginatedResponse } from '@runctl/core';
import type { AuditEntry } from '@runctl/tenants';
import type { AuditRow } from '../store/schema.ts';
import { AccountWriteScope } from './accounts/account-scope.ts';
import type { Principal } from './authentication.ts';
import { newId } from './ids.ts';
import { readPage } from './page.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { formatTimestamp } from './wire/format-timestamp.ts';

/** What was done, to what. */
export interface AuditedAction {
  /** Whose log it belongs to. */
  tenantId: string;
  action: string;
  target: string;
}

/** Who changed what: one entry a change, in the change's own transaction. Entries are never changed nor removed. */
export class AuditLog {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The actor comes from the credential alone: the member, else the key. */
  async add(scope: TenantWriteScope, actor: Principal, { tenantId, action, target }: AuditedAction): Promise<void> {
    const now = this.#now();
    const account =
      tenantId === scope.tenantId ? scope.account() : new AccountWriteScope(tenantId, scope.aboveTenants());
    await account.insertAuditEntry({
      id: newId('evt', now),
      actor: actor.userId ?? actor.apiKeyId,
      action,
      target,
      created_at: now,
    });
  }

  /** Newest first. */
  list(scope: TenantScope, query: ListQuery): Promise<PaginatedResponse<AuditEntry>> {
    const all = () => scope.account().auditLog();
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const entries = before === undefined ? all() : all().where('id', '<', before);
          return entries.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: async () =>
          (
            await all()
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .executeTakeFirstOrThrow()
          ).count,
      },
      toAuditEntry,
    );
  }
}

function toAuditEntry({ id, actor, action, target, created_at }: AuditRow): AuditEntry {
  return { id: id as AuditEntry['id'], actor, action, target, createdAt: formatTimestamp(created_at) };
}
