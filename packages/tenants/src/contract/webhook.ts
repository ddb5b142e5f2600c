import type { EventId, TenantId, Timestamp, WebhookDeliveryId, WebhookId } from '@runctl/core';

/** What a webhook can be told of. */
export type WebhookEventType =
  | 'task.completed'
  | 'task.failed'
  | 'task.cancelled'
  | 'task.waiting'
  | 'workflow.completed'
  | 'workflow.failed'
  | 'agent.status'
  | 'billing.threshold';

/** An address that is told what happens. */
export interface Webhook {
  /** Its id. */
  id: WebhookId;
  /** HTTPS URL. */
  url: string;
  /** What it is told of. */
  events: WebhookEventType[];
  /** False: nothing is sent. An answer of 410 makes it false. */
  enabled: boolean;
  /** When it was created. */
  createdAt: Timestamp;
}

/** What makes a webhook. */
export interface CreateWebhookInput {
  /** HTTPS URL that the runtime may reach. */
  url: string;
  /** What it is told of; 1 or more. */
  events: WebhookEventType[];
}

/** What changes of a webhook; what is left out stays. */
export interface UpdateWebhookInput {
  /** HTTPS URL that the runtime may reach. */
  url?: string;
  /** What it is told of; 1 or more. */
  events?: WebhookEventType[];
  /** False: nothing is sent. */
  enabled?: boolean;
}

/** A webhook with its secret. */
export interface WebhookWithSecret extends Webhook {
  /** Signs the deliveries, as https://www.standardwebhooks.com says. Shown this once. */
  secret: string;
}

/** One event on its way to a webhook. */
export interface WebhookDelivery {
  /** Its id. */
  id: WebhookDeliveryId;
  /** The webhook. */
  webhookId: WebhookId;
  /** What it tells of. */
  eventType: WebhookEventType;
  /** Where it stands. `failed`: given up after a day. */
  status: 'pending' | 'delivered' | 'failed';
  /** Attempts so far; sent once more by hand, it begins anew. */
  attempts: number;
  /** HTTP status of the last answer; null where none came. */
  responseStatus: number | null;
  /** When it is tried again; null: not by itself. */
  nextAttemptAt: Timestamp | null;
  /** When it was created. */
  createdAt: Timestamp;
}

/** The body of a delivery. `WebhookEvent` of `@runctl/sdk` says which data each type has. */
export interface WebhookMessage<Type extends WebhookEventType = WebhookEventType, Data = unknown> {
  /** Its id: the `webhook-id` of every attempt, and the id that the event has in `events`. */
  id: EventId;
  /** What happened. */
  type: Type;
  /** When it happened. */
  timestamp: Timestamp;
  /** Whose it is. */
  tenantId: TenantId;
  /** The id of what it happened to: a task, a workflow, an agent, or the tenant. */
  subjectId: string;
  /** Its place among the events of the subject. Grows and may skip; what comes late can be told by it. */
  sequence: number;
  /** True: `data` would have been larger than 256 KiB, and comes without input, result and metadata. Read the rest by `subjectId`. */
  truncated: boolean;
  /** The subject as it was then. */
  data: Data;
}

/** The data of `billing.threshold`. */
export interface ThresholdReached {
  /** What is limited. */
  resource: 'spend' | 'tokens_per_month';
  /** Percent of the limit. */
  threshold: number;
  /** US dollars, or tokens. */
  limit: number;
  /** So far in this billing period, in the unit of `limit`. */
  used: number;
  /** First instant of the billing period. */
  periodStart: Timestamp;
  /** First instant after it. */
  periodEnd: Timestamp;
}
