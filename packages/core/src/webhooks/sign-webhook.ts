import { importSecret, signedBytes, webhookError } from './signing.ts';
import type { WebhookPayload } from './webhook-payload.ts';

/** What a signature covers besides the body. */
export interface SignWebhookOptions {
  /** Names the event, the same for each delivery of it, so that the receiver can drop repetitions. No dot. */
  id: string;
  /** When it is sent. Default: now. */
  timestamp?: Date;
}

/** The headers that a signed webhook travels with. */
export interface WebhookSignatureHeaders {
  /** Names the event. */
  'webhook-id': string;
  /** Seconds since the epoch. */
  'webhook-timestamp': string;
  /** One signature for each secret, with blanks between them. */
  'webhook-signature': string;
}

/**
 * Signs a body and gives the headers to send with it. With several secrets it gives several signatures, so that a
 * receiver can change from one to the other.
 *
 * @throws {RunctlWebhookError} `webhook.invalid_secret`, `webhook.invalid_id`, `webhook.payload_not_raw`
 *
 * @example
 * const body = JSON.stringify({ type: 'task.completed', data: task });
 * const signature = await signWebhook(body, secret, { id: 'evt_01jd3vxa8rk2z0m4c6w9q5t7yb' });
 * await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...signature } });
 */
export async function signWebhook(
  payload: WebhookPayload,
  secret: string | readonly string[],
  { id, timestamp = new Date() }: SignWebhookOptions,
): Promise<WebhookSignatureHeaders> {
  if (/[^!-~]|\.|^$/.test(id)) throw webhookError('invalid_id', 'An id is visible ASCII without a dot.');
  const seconds = String(Math.floor(timestamp.getTime() / 1000));
  const bytes = await signedBytes(id, seconds, payload);
  const signatures = [secret].flat().map(async (one) => {
    const signature = await crypto.subtle.sign('HMAC', await importSecret(one), bytes);
    return `v1,${btoa(String.fromCharCode(...new Uint8Array(signature)))}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': (await Promise.all(signatures)).join(' '),
  };
}
