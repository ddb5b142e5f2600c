import { hourMs, hourOf } from '../../full-hours.ts';
import type { StoreDoor } from '../../store/store.ts';
import { AccountScope, AccountWriteScope } from '../accounts/account-scope.ts';
import { readSteps } from './ledger.ts';

/** A step may be committed a little after the time that it says it ended. Nothing is later than this, milliseconds. */
const settlingMs = 5 * 60 * 1_000;
/** Hours that are summed up in one go. */
const mostHours = 24;

/**
 * Sums up a tenant's closed hours, so that reading a month costs no reading of its steps, and old steps can go. Any
 * number of processes may do so: only one of them writes an hour.
 *
 * @returns up to when the ledger is summed up now
 */
export async function foldUsage(door: StoreDoor, tenantId: string, now: number): Promise<number> {
  const account = new AccountScope(tenantId, door.query);
  const closed = hourOf(now - settlingMs);
  let from = await foldedUntil(account);
  while (from < closed) {
    const until = Math.min(from + mostHours * hourMs, closed);
    const span = { start: from, end: until };
    const sums = await readSteps(account, span, { start: from, widthMs: hourMs });
    const rows = sums.map((entry) => ({
      hour: span.start + entry.bucket * hourMs,
      agent_id: entry.agentId,
      model_provider: entry.modelProvider,
      model: entry.model,
      input_tokens: entry.inputTokens,
      cache_read_tokens: entry.cacheReadTokens,
      cache_write_tokens: entry.cacheWriteTokens,
      output_tokens: entry.outputTokens,
      reasoning_tokens: entry.reasoningTokens,
      cost_microusd: entry.costMicrousd,
      unpriced_tokens: entry.unpricedTokens,
    }));
    const begin = from;
    const isWritten = await door.write(({ query }) => new AccountWriteScope(tenantId, query).fold(begin, until, rows));
    if (!isWritten) return foldedUntil(account);
    from = until;
  }
  return from;
}

/** Before the first time: the hour in which the tenant was made. */
async function foldedUntil(account: AccountScope): Promise<number> {
  const fold = await account.usageFold().select('folded_until').executeTakeFirst();
  if (fold !== undefined) return fold.folded_until;
  const { created_at } = await account.tenant().select('created_at').executeTakeFirstOrThrow();
  return hourOf(created_at);
}
