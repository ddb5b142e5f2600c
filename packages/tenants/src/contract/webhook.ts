import type { Timestamp, WebhookDeliveryId, WebhookId } from '@runctl/core';

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
  /** Attempts so far. */
  attempts: number;
  /** HTTP status of the last answer; null where none came. */
  responseStatus: number | null;
  /** When it is tried again; null: not by itself. */
  nextAttemptAt: Timestamp | null;
  /** When it was created. */
  createdAt: Timestamp;
}
