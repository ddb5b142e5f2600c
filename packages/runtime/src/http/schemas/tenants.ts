import type {
  CreateApiKeyInput,
  CreateCheckoutSessionInput,
  CreateInviteCodeInput,
  CreatePortalSessionInput,
  CreateTenantInput,
  CreateWebhookInput,
  NotificationPreferences,
  RedeemInviteCodeInput,
  SetSpendLimitInput,
  TenantSettings,
  UpdateMemberRoleInput,
  UpdateTenantInput,
  UpdateWebhookInput,
  WebhookEventType,
} from '@runctl/tenants';
import * as z from 'zod';
import { longestName, text } from './fields.ts';
import { wire } from './wire.ts';

const email = z.email().max(254);
const role = z.enum(['owner', 'admin', 'member', 'viewer']);
const invitedRole = z.enum(['admin', 'member', 'viewer']);
const scope = z.enum(['read', 'agents', 'tasks', 'billing', 'admin']);
/** Ten years, for what ends; nothing else needs a date that far away. */
const days = z.int().min(1).max(3_650);

/** `POST /tenants` */
export const createTenantInput = wire<CreateTenantInput>()(
  z.strictObject({ name: text(longestName), ownerEmail: email }),
);

const urlPrefix = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((url) => !/[?#@]/.test(url), { message: 'Invalid prefix: expected no query, fragment or credentials' });

const settings = wire<Partial<TenantSettings>>()(
  z.strictObject({
    skillAllowlist: z.array(text(64)).max(100).nullable().exactOptional(),
    customToolUrlPrefixes: z.array(urlPrefix).max(100).nullable().exactOptional(),
    traceRetentionDays: days.exactOptional(),
  }),
);

/** `PATCH /tenants/:tenantId` */
export const updateTenantInput = wire<UpdateTenantInput>()(
  z.strictObject({ name: text(longestName).exactOptional(), settings: settings.exactOptional() }),
);

/** `POST /tenants/:tenantId/api-keys` */
export const createApiKeyInput = wire<CreateApiKeyInput>()(
  z.strictObject({
    name: text(longestName),
    role: role.exactOptional(),
    scopes: z.array(scope).min(1).max(5).exactOptional(),
    expiresInDays: days.exactOptional(),
  }),
);

/** `PATCH /tenants/:tenantId/members/:userId` */
export const updateMemberRoleInput = wire<UpdateMemberRoleInput>()(z.strictObject({ role }));

/** `POST /tenants/:tenantId/invite-codes` */
export const createInviteCodeInput = wire<CreateInviteCodeInput>()(
  z.strictObject({
    role: invitedRole,
    expiresInDays: z.int().min(1).max(365).exactOptional(),
    maxUses: z.int().min(1).max(10_000).exactOptional(),
  }),
);

/** `POST /invite-codes/:inviteCode/redeem` */
export const redeemInviteCodeInput = wire<RedeemInviteCodeInput>()(
  z.strictObject({ email, name: text(longestName).exactOptional() }),
);

/** `PUT /tenants/:tenantId/billing/spend-limit` */
export const setSpendLimitInput = wire<SetSpendLimitInput>()(
  z.strictObject({
    amount: z.number().min(0).max(1_000_000_000).nullable(),
    onLimit: z.enum(['notify', 'pause', 'reject']).exactOptional(),
  }),
);

/** Where it may lead, the service says. */
const webUrl = z.url({ protocol: /^https?$/ }).max(2_000);

/** `POST /tenants/:tenantId/billing/portal-sessions` */
export const createPortalSessionInput = wire<CreatePortalSessionInput>()(z.strictObject({ returnUrl: webUrl }));

/** `POST /tenants/:tenantId/billing/checkout-sessions` */
export const createCheckoutSessionInput = wire<CreateCheckoutSessionInput>()(
  z.strictObject({ returnUrl: webUrl, cancelUrl: webUrl }),
);

const percent = z.int().min(1).max(1_000);

/** `PATCH /tenants/:tenantId/notification-preferences` */
export const updateNotificationPreferencesInput = wire<Partial<NotificationPreferences>>()(
  z.strictObject({
    emailEnabled: z.boolean().exactOptional(),
    emailRecipients: z.array(email).max(20).exactOptional(),
    thresholds: z.array(percent).max(20).exactOptional(),
    webhookEnabled: z.boolean().exactOptional(),
    webhookUrl: webUrl.nullable().exactOptional(),
  }),
);

const webhookEvents = z
  .array(
    z.enum([
      'task.completed',
      'task.failed',
      'task.cancelled',
      'task.waiting',
      'workflow.completed',
      'workflow.failed',
      'agent.status',
      'billing.threshold',
    ] satisfies WebhookEventType[]),
  )
  .min(1)
  .max(20);

/** `POST /tenants/:tenantId/webhooks` */
export const createWebhookInput = wire<CreateWebhookInput>()(z.strictObject({ url: webUrl, events: webhookEvents }));

/** `PATCH /tenants/:tenantId/webhooks/:webhookId` */
export const updateWebhookInput = wire<UpdateWebhookInput>()(
  z.strictObject({
    url: webUrl.exactOptional(),
    events: webhookEvents.exactOptional(),
    enabled: z.boolean().exactOptional(),
  }),
);
