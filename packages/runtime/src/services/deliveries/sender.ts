import type { WebhookMessage } from '@runctl/tenants';
import type { EgressGuard } from '../../egress/egress-guard.ts';
import { MailFailure, type MailTransport } from '../../mail/mail-message.ts';
import { mailEndpoint } from '../../store/delivery-queue.ts';
import type { DeliveryRow } from '../../store/outbox-rows.ts';
import type { Store } from '../../store/store.ts';
import { eventId } from '../events/event-id.ts';
import { TenantScope } from '../tenant-scope.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { sendWebhook } from './send-webhook.ts';
import { thresholdMail } from './threshold-mail.ts';

/** What the two ways out need. */
export interface SenderParts {
  store: Pick<Store, 'query'>;
  egress: Pick<EgressGuard, 'stream'>;
  /** Absent: this runtime sends no mail. */
  mail?: MailTransport;
  now: () => number;
  /** Of one request, milliseconds. Default 15,000. */
  timeoutMs?: number;
}

const defaultTimeoutMs = 15_000;

/** Makes one attempt at a delivery, by webhook or by mail. */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** @param signal aborted when the process ends */
  async send(delivery: DeliveryRow, signal: AbortSignal): Promise<AttemptOutcome> {
    const scope = new TenantScope(delivery.tenant_id, this.#parts.store.query);
    const { subject_id, seq } = delivery;
    const found = scope.notices().outbox().select('body').where('subject_id', '=', subject_id).where('seq', '=', seq);
    const body = (await found.executeTakeFirst())?.body ?? null;
    if (body === null) return { kind: 'refused', responseStatus: null, isGone: false };
    return delivery.endpoint_id === mailEndpoint
      ? this.#sendMail(scope, delivery, body)
      : this.#sendWebhook(scope, delivery, body, signal);
  }

  close(): void {
    this.#parts.mail?.close();
  }

  async #sendWebhook(
    scope: TenantScope,
    delivery: DeliveryRow,
    body: string,
    signal: AbortSignal,
  ): Promise<AttemptOutcome> {
    // Read at each attempt: what was disabled, deleted or changed since the last one is so from now on.
    const webhooks = scope.notices().allWebhooks().selectAll();
    const webhook = await webhooks.where('id', '=', delivery.endpoint_id).executeTakeFirst();
    if (webhook?.enabled !== 1) return { kind: 'stopped' };
    const { now, egress, timeoutMs = defaultTimeoutMs } = this.#parts;
    const id = eventId(delivery.subject_id, delivery.seq);
    return sendWebhook(egress, { webhook, id, body, now: now(), timeoutMs, signal });
  }

  async #sendMail(scope: TenantScope, delivery: DeliveryRow, body: string): Promise<AttemptOutcome> {
    const { mail } = this.#parts;
    if (mail === undefined) return { kind: 'failed', responseStatus: null, askedPauseMs: null };
    const tenant = await scope.tenant().select('name').executeTakeFirst();
    const content = thresholdMail(parseStored<WebhookMessage>(body), tenant?.name ?? delivery.tenant_id);
    try {
      await mail.send({ id: delivery.id, to: delivery.recipient, ...content });
      return { kind: 'delivered', responseStatus: null };
    } catch (error) {
      if (!(error instanceof MailFailure)) throw error;
      const { responseStatus } = error;
      return error.isPermanent
        ? { kind: 'refused', responseStatus, isGone: false }
        : { kind: 'failed', responseStatus, askedPauseMs: null };
    }
  }
}
