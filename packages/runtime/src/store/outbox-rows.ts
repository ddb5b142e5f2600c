type Json = string;

/** An address that is told what happens. */
export interface WebhookRow {
  id: string;
  tenant_id: string;
  /** `endpoint`: made by the tenant. `thresholds`: the one of its notification preferences, which lists do not show. */
  purpose: 'endpoint' | 'thresholds';
  url: string;
  /** Types of events, as a JSON array. */
  events: Json;
  enabled: number;
  /** `whsec_` and base64: signatures are made with it, so no hash of it would do. */
  secret: string;
  /** Signs too until `previous_secret_until`. */
  previous_secret: string | null;
  previous_secret_until: number | null;
  /** Attempts that have failed in a row. */
  failures: number;
  /** Nothing is sent to it before. */
  rests_until: number;
  created_at: number;
  updated_at: number;
}

/** An event that somebody outside is to be told of: written with the event itself. */
export interface OutboxRow {
  subject_id: string;
  seq: number;
  tenant_id: string;
  event_type: string;
  created_at: number;
  /** What is sent, the same at every attempt. Null: not sorted into deliveries yet. */
  body: Json | null;
}

/** One event on its way to one receiver. */
export interface DeliveryRow {
  id: string;
  tenant_id: string;
  /** A webhook's id, or `mail`. */
  endpoint_id: string;
  /** Of mail: the address. Else empty. */
  recipient: string;
  subject_id: string;
  seq: number;
  event_type: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  response_status: number | null;
  /** While it is being sent: when it is taken for lost with the process that sends it. */
  next_attempt_at: number | null;
  give_up_at: number;
  /** Whose attempt it is right now; a late answer of another one is not recorded. */
  claim: string | null;
  created_at: number;
  finished_at: number | null;
}

/** Who is told about the spend by mail, and when; the webhook is a row of `webhooks`. */
export interface NotificationPreferencesRow {
  tenant_id: string;
  email_enabled: number;
  email_recipients: Json;
  thresholds: Json;
}

/** A threshold that has been told: at most once a period and channel. */
export interface ThresholdAlertRow {
  tenant_id: string;
  resource: string;
  period_start: number;
  threshold: number;
  channel: string;
  created_at: number;
}

/** The tables of all that is told outside, by name. */
export interface OutboxTables {
  webhooks: WebhookRow;
  outbox: OutboxRow;
  deliveries: DeliveryRow;
  notification_preferences: NotificationPreferencesRow;
  threshold_alerts: ThresholdAlertRow;
}
