import type { Webhook, WebhookDelivery, WebhookEventType } from '@runctl/tenants';
import type { DeliveryRow, WebhookRow } from '../../store/outbox-rows.ts';
import { formatTimestamp, formatTimestampOrNull } from './format-timestamp.ts';
import { parseStored } from './stored-json.ts';

/** A webhook as it travels, without its secret. */
export function toWebhook(row: Omit<WebhookRow, 'tenant_id'>): Webhook {
  return {
    id: row.id as Webhook['id'],
    url: row.url,
    events: parseStored<WebhookEventType[]>(row.events),
    enabled: row.enabled === 1,
    createdAt: formatTimestamp(row.created_at),
  };
}

/** A delivery as it travels. */
export function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id as WebhookDelivery['id'],
    webhookId: row.endpoint_id as WebhookDelivery['webhookId'],
    eventType: row.event_type as WebhookEventType,
    status: row.status,
    attempts: row.attempts,
    responseStatus: row.response_status,
    nextAttemptAt: formatTimestampOrNull(row.next_attempt_at),
    createdAt: formatTimestamp(row.created_at),
  };
}
