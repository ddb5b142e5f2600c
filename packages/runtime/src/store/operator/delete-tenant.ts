import { setTimeout as sleep } from 'node:timers/promises';
import type { OperatorHome } from './operator-home.ts';

/** Runtimes know a key for a second; requests that began with one end within the other, milliseconds. */
export const settleMs = 2_000;
/** What is written meanwhile goes in the next round; it ends, since no key of the tenant is good any more. */
const mostRounds = 20;

/** What there is of a tenant: rows by table, those without any left out. */
export async function countTenantRows(home: OperatorHome, tenantId: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of await home.tenantTables()) {
    const count = await home.countRows(table, tenantId);
    if (count > 0) counts.set(table, count);
  }
  return counts;
}

/**
 * Removes a tenant and every row of it, for ever. First it is suspended and its keys are revoked, so that nothing new
 * begins; tasks under way find their rows gone, and their commits are refused. May be run again where it was cut off.
 */
export async function deleteTenant(
  home: OperatorHome,
  tenantId: string,
  { now, onProgress }: { now: number; onProgress?: (table: string, deleted: number) => void },
): Promise<number> {
  await home.write(async ({ query }) => {
    await query
      .updateTable('tenants')
      .set({ status: 'suspended', updated_at: now })
      .where('id', '=', tenantId)
      .execute();
    await query.updateTable('api_keys').set({ revoked_at: now }).where('tenant_id', '=', tenantId).execute();
    await query.updateTable('invites').set({ revoked_at: now }).where('tenant_id', '=', tenantId).execute();
  });
  await sleep(settleMs);
  const tables = await home.tenantTables();
  let total = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    let deleted = 0;
    for (const table of tables) {
      const ofTable = await deleteAll(home, table, tenantId);
      if (ofTable > 0) onProgress?.(table, ofTable);
      deleted += ofTable;
    }
    total += deleted;
    if (deleted === 0) break;
  }
  await home.write(({ query }) => query.deleteFrom('tenants').where('id', '=', tenantId).execute());
  return total;
}

async function deleteAll(home: OperatorHome, table: string, tenantId: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    const some = await home.deleteRows(table, tenantId);
    deleted += some;
    if (some === 0) return deleted;
  }
}
