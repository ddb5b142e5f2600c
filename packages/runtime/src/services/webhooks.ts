import type { Deleted, ListQuery, PaginatedResponse, WebhookId } from '@runctl/core';
import type {
  CreateWebhookInput,
  UpdateWebhookInput,
  Webhook,
  WebhookDelivery,
  WebhookWithSecret,
} from '@runctl/tenants';
import type { EgressGuard } from '../egress/egress-guard.ts';
import type { DeliveryRow, WebhookRow } from '../store/outbox-rows.ts';
import { newSigningSecret } from './accounts/new-tenant.ts';
import { triedForMs } from './deliveries/retry-schedule.ts';
import { Failure, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { type PageSource, readPage } from './page.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { checkReachable } from './webhooks/reachable-url.ts';
import { toDelivery, toWebhook } from './wire/webhook.ts';

const mostWebhooks = 50;
/** How long an old secret signs beside the new one, milliseconds. */
const secretOverlapMs = 24 * 60 * 60 * 1_000;
/** Nothing is known against it. */
const healthy = { failures: 0, rests_until: 0 };

/** The addresses that a tenant has told what happens, and what is on its way to them. */
export class WebhookService {
  readonly #now: () => number;
  readonly #egress: Pick<EgressGuard, 'check'>;

  constructor(now: () => number, egress: Pick<EgressGuard, 'check'>) {
    this.#now = now;
    this.#egress = egress;
  }

  /** Newest first. */
  list(scope: TenantScope, query: ListQuery): Promise<PaginatedResponse<Webhook>> {
    const source: PageSource<WebhookRow> = {
      rows: ({ before, offset, limit }) => {
        const all = scope.notices().webhooks();
        const webhooks = before === undefined ? all : all.where('id', '<', before);
        return webhooks.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
      },
      count: () => countWebhooks(scope),
    };
    return readPage(query, source, toWebhook);
  }

  /** With its secret, shown this once. @throws {Failure} `request.invalid` - the URL; `webhook.too_many` */
  async create(scope: TenantWriteScope, { url, events }: CreateWebhookInput): Promise<WebhookWithSecret> {
    checkReachable(this.#egress, '/url', url);
    await scope.account().lock();
    if ((await countWebhooks(scope)) >= mostWebhooks) {
      throw new Failure(
        'webhook.too_many',
        `The tenant has ${mostWebhooks} webhooks, which is as many as it may have.`,
        {
          resource: 'webhook',
          hint: 'Delete one first; one webhook can be told of several kinds of events.',
        },
      );
    }
    const now = this.#now();
    const secret = newSigningSecret();
    const row: Omit<WebhookRow, 'tenant_id'> = {
      id: newId('whk', now),
      purpose: 'endpoint',
      url,
      events: JSON.stringify([...new Set(events)]),
      enabled: 1,
      secret,
      previous_secret: null,
      previous_secret_until: null,
      ...healthy,
      created_at: now,
      updated_at: now,
    };
    await scope.notices().insertWebhook(row);
    return { ...toWebhook(row), secret };
  }

  /** Another address, or turned on again, it starts without a record of failures. @throws {Failure} `webhook.not_found`, `request.invalid` */
  async update(scope: TenantWriteScope, id: string, { url, events, enabled }: UpdateWebhookInput): Promise<Webhook> {
    if (url !== undefined) checkReachable(this.#egress, '/url', url);
    const before = await findWebhook(scope, id);
    const change = {
      ...(url === undefined ? {} : { url }),
      ...(events === undefined ? {} : { events: JSON.stringify([...new Set(events)]) }),
      ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
      ...(url !== undefined || enabled === true ? healthy : {}),
      updated_at: this.#now(),
    };
    await scope.notices().updateWebhooks().set(change).where('id', '=', id).execute();
    return toWebhook({ ...before, ...change });
  }

  /** What was on its way to it is not sent any more. @throws {Failure} `webhook.not_found` */
  async delete(scope: TenantWriteScope, id: string): Promise<Deleted<WebhookId>> {
    await findWebhook(scope, id);
    await scope.notices().deleteWebhook(id);
    return { id: id as WebhookId, deleted: true };
  }

  /** For a day both secrets sign, so that a receiver can change from one to the other. @throws {Failure} `webhook.not_found` */
  async rotateSecret(scope: TenantWriteScope, id: string): Promise<WebhookWithSecret> {
    const before = await findWebhook(scope, id);
    const now = this.#now();
    const secret = newSigningSecret();
    const change = {
      secret,
      previous_secret: before.secret,
      previous_secret_until: now + secretOverlapMs,
      updated_at: now,
    };
    await scope.notices().updateWebhooks().set(change).where('id', '=', id).execute();
    return { ...toWebhook(before), secret };
  }

  /** Newest first. @throws {Failure} `webhook.not_found` */
  async listDeliveries(scope: TenantScope, id: string, query: ListQuery): Promise<PaginatedResponse<WebhookDelivery>> {
    await findWebhook(scope, id);
    const all = () => scope.notices().deliveries().where('endpoint_id', '=', id);
    const source: PageSource<DeliveryRow> = {
      rows: ({ before, offset, limit }) => {
        const deliveries = before === undefined ? all() : all().where('id', '<', before);
        return deliveries.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
      },
      count: async () =>
        (
          await all()
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .executeTakeFirstOrThrow()
        ).count,
    };
    return readPage(query, source, toDelivery);
  }

  /**
   * Sends a delivery once more, now and for another day, on the schedule of a new one; one that is being sent right now
   * goes on as it is.
   *
   * @throws {Failure} `webhook.not_found`, `webhook_delivery.not_found`, `webhook.disabled`
   */
  async redeliver(scope: TenantWriteScope, webhookId: string, deliveryId: string): Promise<WebhookDelivery> {
    const webhook = await findWebhook(scope, webhookId);
    const notices = scope.notices();
    const wanted = () => notices.deliveries().where('id', '=', deliveryId).where('endpoint_id', '=', webhookId);
    if ((await wanted().select('id').executeTakeFirst()) === undefined) {
      throw notFound('webhook_delivery', deliveryId);
    }
    if (webhook.enabled === 0) {
      throw new Failure('webhook.disabled', `The webhook ${webhookId} is disabled, so nothing is sent to it.`, {
        resource: 'webhook',
        resourceId: webhookId,
        hint: 'Enable it first.',
      });
    }
    const now = this.#now();
    await notices
      .updateDeliveries()
      .set({ status: 'pending', attempts: 0, next_attempt_at: now, give_up_at: now + triedForMs, finished_at: null })
      .where('id', '=', deliveryId)
      .where('claim', 'is', null)
      .execute();
    await notices.updateWebhooks().set({ rests_until: 0 }).where('id', '=', webhookId).execute();
    return toDelivery(await wanted().selectAll().executeTakeFirstOrThrow());
  }
}

async function countWebhooks(scope: TenantScope): Promise<number> {
  const { count } = await scope
    .notices()
    .webhooks()
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

async function findWebhook(scope: TenantScope, id: string): Promise<WebhookRow> {
  const row = await scope.notices().webhooks().selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw notFound('webhook', id);
  return row;
}
