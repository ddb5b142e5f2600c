import type { WebhookEventType } from '@runctl/tenants';
import { mailEndpoint, takeUnsorted } from '../../store/delivery-queue.ts';
import type { OutboxRow, WebhookRow } from '../../store/outbox-rows.ts';
import type { WriteTransaction } from '../../store/store.ts';
import { newId } from '../ids.ts';
import { readPreferences } from '../notifications.ts';
import { TenantWriteScope } from '../tenant-scope.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { PlanReader } from '../workflows/find-workflow.ts';
import { triedForMs } from './retry-schedule.ts';
import { type ComposedNotice, composeNotice } from './webhook-body.ts';

/** Rows of one transaction: their events are read one by one. */
const mostAtOnce = 50;

/** Where a notice goes. */
interface Receiver {
  endpointId: string;
  recipient: string;
}

/** What sorting needs besides its transaction. */
export interface Sorting {
  plans: PlanReader;
  now: number;
  /** Told of an event that cannot be told. */
  onError: (error: unknown) => void;
}

/**
 * Sorts what is new in the outbox: for each receiver a delivery, and what it will be sent, in one transaction. What
 * nobody is to be told of any more is removed.
 *
 * @returns how many rows there were
 */
export async function sortOutbox(transaction: WriteTransaction, sorting: Sorting): Promise<number> {
  const { now } = sorting;
  const rows = await takeUnsorted(transaction.query, mostAtOnce);
  for (const row of rows) {
    const scope = new TenantWriteScope(row.tenant_id, transaction);
    const notice = await compose(scope, row, sorting);
    const receivers = notice === null ? [] : await receiversOf(scope, row, notice);
    if (notice === null || receivers.length === 0) {
      await scope.notices().removeFromOutbox(row);
      continue;
    }
    await scope.notices().setBody(row, notice.body);
    await scope.notices().insertDeliveries(
      receivers.map(({ endpointId, recipient }) => ({
        id: newId('whd', now),
        endpoint_id: endpointId,
        recipient,
        subject_id: row.subject_id,
        seq: row.seq,
        event_type: row.event_type,
        status: 'pending',
        attempts: 0,
        response_status: null,
        next_attempt_at: now,
        give_up_at: now + triedForMs,
        claim: null,
        created_at: now,
        finished_at: null,
      })),
    );
  }
  return rows.length;
}

/** A bug with one event must not hold up all that come behind it. */
async function compose(scope: TenantWriteScope, row: OutboxRow, sorting: Sorting): Promise<ComposedNotice | null> {
  try {
    return await composeNotice(scope, row, sorting.plans);
  } catch (error) {
    // That the database is away, or has given the transaction up, is no bug with the event: all of it is done again.
    await scope.tenant().select('id').executeTakeFirst();
    sorting.onError(error);
    return null;
  }
}

async function receiversOf(
  scope: TenantWriteScope,
  { event_type }: OutboxRow,
  { channel }: ComposedNotice,
): Promise<Receiver[]> {
  if (channel === 'email') {
    const { emailRecipients } = await readPreferences(scope);
    return emailRecipients.map((recipient) => ({ endpointId: mailEndpoint, recipient }));
  }
  const enabled = await scope.notices().allWebhooks().selectAll().where('enabled', '=', 1).execute();
  return enabled
    .filter((webhook) => isFor(webhook, event_type, channel))
    .map(({ id }) => ({ endpointId: id, recipient: '' }));
}

function isFor(webhook: WebhookRow, eventType: string, channel: ComposedNotice['channel']): boolean {
  if (channel === 'webhook') return webhook.purpose === 'thresholds';
  return parseStored<WebhookEventType[]>(webhook.events).includes(eventType as WebhookEventType);
}
