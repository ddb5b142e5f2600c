import type { NotificationPreferences, UpdatedNotificationPreferences } from '@runctl/tenants';
import type { EgressGuard } from '../egress/egress-guard.ts';
import type { WebhookRow } from '../store/outbox-rows.ts';
import { newSigningSecret } from './accounts/new-tenant.ts';
import { invalid } from './failure.ts';
import { newId } from './ids.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { checkReachable } from './webhooks/reachable-url.ts';
import { parseStored } from './wire/stored-json.ts';

/** Until a tenant says otherwise. */
const firstPreferences: NotificationPreferences = {
  emailEnabled: false,
  emailRecipients: [],
  thresholds: [50, 80, 100],
  webhookEnabled: false,
  webhookUrl: null,
};

/**
 * Who is told about the spend. The address that is told by webhook is a webhook like others, which lists do not show; its
 * secret is shown when it gets another address.
 */
export class NotificationService {
  readonly #now: () => number;
  readonly #egress: Pick<EgressGuard, 'check'>;

  constructor(now: () => number, egress: Pick<EgressGuard, 'check'>) {
    this.#now = now;
    this.#egress = egress;
  }

  async get(scope: TenantScope): Promise<NotificationPreferences> {
    return readPreferences(scope);
  }

  /** What is left out stays. @throws {Failure} `request.invalid` - the URL, or a webhook that is enabled without one */
  async update(
    scope: TenantWriteScope,
    input: Partial<NotificationPreferences>,
  ): Promise<UpdatedNotificationPreferences> {
    // Two that change different preferences must not undo each other.
    await scope.account().lock();
    const before = await readPreferences(scope);
    const after = { ...before, ...input };
    if (after.webhookUrl === null && input.webhookEnabled === true) {
      throw invalid([{ path: '/webhookEnabled', code: 'webhook_url_missing', message: 'Expected webhookUrl too.' }]);
    }
    if (after.webhookUrl === null) after.webhookEnabled = false;
    after.thresholds = [...new Set(after.thresholds)].sort((one, other) => one - other);
    after.emailRecipients = [...new Set(after.emailRecipients)];
    await scope.notices().setPreferences({
      email_enabled: after.emailEnabled ? 1 : 0,
      email_recipients: JSON.stringify(after.emailRecipients),
      thresholds: JSON.stringify(after.thresholds),
    });
    const secret = await this.#setWebhook(scope, before, after);
    return secret === undefined ? after : { ...after, webhookSecret: secret };
  }

  /** The secret of a new address. */
  async #setWebhook(
    scope: TenantWriteScope,
    before: NotificationPreferences,
    after: NotificationPreferences,
  ): Promise<string | undefined> {
    const notices = scope.notices();
    const { webhookUrl: url } = after;
    const enabled = after.webhookEnabled ? 1 : 0;
    const found = await thresholdWebhook(scope);
    if (found !== undefined && url === before.webhookUrl) {
      const health = enabled === 1 ? { failures: 0, rests_until: 0 } : {};
      await notices
        .updateWebhooks()
        .set({ enabled, ...health })
        .where('id', '=', found.id)
        .execute();
      return undefined;
    }
    if (found !== undefined) await notices.deleteWebhook(found.id);
    if (url === null) return undefined;
    checkReachable(this.#egress, '/webhookUrl', url);
    const row = newThresholdWebhook(url, enabled, this.#now());
    await notices.insertWebhook(row);
    return row.secret;
  }
}

function newThresholdWebhook(url: string, enabled: number, now: number): Omit<WebhookRow, 'tenant_id'> {
  return {
    id: newId('whk', now),
    purpose: 'thresholds',
    url,
    events: '[]',
    enabled,
    secret: newSigningSecret(),
    previous_secret: null,
    previous_secret_until: null,
    failures: 0,
    rests_until: 0,
    created_at: now,
    updated_at: now,
  };
}

/** What a tenant has set, with what holds where it has set nothing. */
export async function readPreferences(scope: TenantScope): Promise<NotificationPreferences> {
  const row = await scope.notices().preferences().selectAll().executeTakeFirst();
  const webhook = await thresholdWebhook(scope);
  return {
    ...firstPreferences,
    ...(row === undefined
      ? {}
      : {
          emailEnabled: row.email_enabled === 1,
          emailRecipients: parseStored<string[]>(row.email_recipients),
          thresholds: parseStored<number[]>(row.thresholds),
        }),
    webhookEnabled: webhook?.enabled === 1,
    webhookUrl: webhook?.url ?? null,
  };
}

function thresholdWebhook(scope: TenantScope): Promise<WebhookRow | undefined> {
  return scope.notices().allWebhooks().where('purpose', '=', 'thresholds').selectAll().executeTakeFirst();
}
