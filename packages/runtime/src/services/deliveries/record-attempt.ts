import { type AttemptEnd, endAttempt, mailEndpoint } from '../../store/delivery-queue.ts';
import type { DeliveryRow } from '../../store/outbox-rows.ts';
import type { WriteTransaction } from '../../store/store.ts';
import { newId } from '../ids.ts';
import { TenantWriteScope } from '../tenant-scope.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { nextAttemptAt, restMs } from './retry-schedule.ts';

/** An attempt that has ended. */
export interface EndedAttempt {
  delivery: DeliveryRow;
  /** Under which it was claimed. */
  token: string;
  outcome: AttemptOutcome;
  now: number;
  /** Two draws, each from 0 to below 1. */
  chance: () => number;
}

/**
 * Writes what an attempt has come to, and what it says of the receiver, unless another process has taken over.
 *
 * @returns what the delivery is now
 */
export async function recordAttempt(
  transaction: WriteTransaction,
  attempt: EndedAttempt,
): Promise<AttemptEnd['status']> {
  const { delivery, token, outcome, now, chance } = attempt;
  const end = endOf(delivery, outcome, now, chance());
  const isOurs = await endAttempt(transaction.query, delivery.id, token, end);
  if (!isOurs || delivery.endpoint_id === mailEndpoint) return end.status;
  const scope = new TenantWriteScope(delivery.tenant_id, transaction);
  await noteHealth(scope, delivery.endpoint_id, outcome, now, chance());
  return end.status;
}

function endOf(delivery: DeliveryRow, outcome: AttemptOutcome, now: number, chance: number): AttemptEnd {
  const ended = { next_attempt_at: null, finished_at: now };
  if (outcome.kind === 'stopped') {
    const { response_status } = delivery;
    return { status: 'pending', response_status, next_attempt_at: now, finished_at: null };
  }
  const { responseStatus: response_status } = outcome;
  if (outcome.kind === 'delivered') return { status: 'delivered', response_status, ...ended };
  if (outcome.kind === 'refused') return { status: 'failed', response_status, ...ended };
  const { attempts, give_up_at: giveUpAt } = delivery;
  const next = nextAttemptAt({ attempts, now, giveUpAt, askedPauseMs: outcome.askedPauseMs, chance });
  if (next === null) return { status: 'failed', response_status, ...ended };
  return { status: 'pending', response_status, next_attempt_at: next, finished_at: null };
}

/** What an attempt says of the receiver: it works, it fails, or it is no more. */
async function noteHealth(
  scope: TenantWriteScope,
  id: string,
  outcome: AttemptOutcome,
  now: number,
  chance: number,
): Promise<void> {
  const webhook = () => scope.notices().updateWebhooks().where('id', '=', id);
  if (outcome.kind === 'delivered') {
    await webhook().set({ failures: 0, rests_until: 0 }).where('failures', '>', 0).execute();
  } else if (outcome.kind === 'refused' && outcome.isGone) {
    await webhook().set({ enabled: 0, updated_at: now }).execute();
    const entry = { id: newId('evt', now), actor: 'runtime', action: 'webhook.disable', target: id, created_at: now };
    await scope.account().insertAuditEntry(entry);
  } else if (outcome.kind === 'failed') {
    const found = await scope.notices().allWebhooks().select('failures').where('id', '=', id).executeTakeFirst();
    const failures = (found?.failures ?? 0) + 1;
    const rests_until = now + restMs(failures, outcome.askedPauseMs, chance);
    await webhook().set({ failures, rests_until }).execute();
  }
}
