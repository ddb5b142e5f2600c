import type { Query } from '../../store/store.ts';
import { isHeldTask } from './held-task.ts';

// Queries that belong to no tenant: the operator's, those of who is in none yet, and what the runtime does for all.

/** All tenants, for the operator. */
export function allTenants(query: Query) {
  return query.selectFrom('tenants');
}

/** The tenants that are held, and those that may have to be. By a scan: there are few tenants beside all else. */
export function tenantsToWatch(query: Query) {
  return allTenants(query).where(({ or, eb, and }) =>
    or([eb('held', '=', 1), and([eb('on_spend_limit', '=', 'pause'), eb('spend_limit_microusd', 'is not', null)])]),
  );
}

/** The tenants that have tasks which wait for the spend limit. By tasks_held, which is empty but for those. */
export function tenantsWithHeldTasks(query: Query) {
  return query.selectFrom('tasks').select('tasks.tenant_id').distinct().where(isHeldTask);
}

/** The tenants whose spend or tokens are limited. By a scan. */
export function tenantsWithLimits(query: Query) {
  return allTenants(query).where(({ or, eb, and }) =>
    or([
      eb('spend_limit_microusd', 'is not', null),
      and([eb('limits', 'like', '%"tokensPerMonth":%'), eb('limits', 'not like', '%"tokensPerMonth":null%')]),
    ]),
  );
}

/**
 * Takes one use of an invite that can be redeemed: one statement decides, so that as many succeed as there are uses. By
 * the unique index invites_by_hash.
 */
export function useInvite(query: Query, codeHash: string, now: number) {
  return query
    .updateTable('invites')
    .set(({ eb }) => ({ uses: eb('uses', '+', 1) }))
    .where('code_hash', '=', codeHash)
    .whereRef('uses', '<', 'max_uses')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll();
}

/** Whose a customer of the billing provider is. By the unique index billing_accounts_by_customer. */
export function accountOfCustomer(query: Query, customerId: string) {
  return query.selectFrom('billing_accounts').where('customer_id', '=', customerId);
}

/** False where the event has been dealt with already. */
export async function markBillingEvent(query: Query, id: string, now: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await query
    .insertInto('billing_events')
    .values({ id, received_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** By primary key; a later use that another process has written stays. */
export function setKeyUsed(query: Query, apiKeyId: string, usedAt: number) {
  return query
    .updateTable('api_keys')
    .set({ last_used_at: usedAt })
    .where('id', '=', apiKeyId)
    .where(({ or, eb }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', usedAt)]));
}

/** Removes what is of no use any more: full buckets, counters of past days, marks of events that come no more. */
export async function removeOutdated(query: Query, before: number): Promise<void> {
  await query
    .deleteFrom('rate_buckets')
    .where('full_at_us', '<', before * 1_000)
    .execute();
  await query.deleteFrom('quota_counters').where('period_start', '<', before).execute();
  await query.deleteFrom('billing_events').where('received_at', '<', before).execute();
}
