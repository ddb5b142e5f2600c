import { fromBase64, importSecret, signedBytes, webhookError } from './signing.ts';
import type { WebhookPayload } from './webhook-payload.ts';

/** The headers of a webhook: a `Headers`, or an object such as Node's `request.headers`. Names in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** How strictly a webhook is verified. */
export interface VerifyWebhookOptions {
  /** How old, or how far ahead, a webhook may be, in seconds: up to 86,400. Default 300. It cannot be turned off. */
  toleranceSeconds?: number;
  /** The clock, milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
}

/** Signatures that are looked at; a sender gives one for each of its secrets. */
const MOST_SIGNATURES = 10;
/** Seconds: a day. */
const MOST_TOLERANCE = 86_400;

/**
 * Verifies a webhook and returns its body, parsed from JSON. With several secrets any of them may have signed, so that a
 * secret can be changed without a gap. Compares in constant time. It does not know repetitions: `webhook-id` names them.
 *
 * @throws {RunctlWebhookError} do not trust it; `code` says why: `webhook.missing_header`, `webhook.out_of_time`,
 *   `webhook.invalid_signature`, `webhook.invalid_json`; or the call is wrong: `webhook.payload_not_raw`,
 *   `webhook.invalid_secret`
 *
 * @example
 * const event = await verifyWebhook<{ type: string }>(await request.text(), request.headers, secret);
 */
export async function verifyWebhook<Event = unknown>(
  payload: WebhookPayload,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now }: VerifyWebhookOptions = {},
): Promise<Event> {
  const timestamp = header(headers, 'webhook-timestamp');
  const bytes = await signedBytes(header(headers, 'webhook-id'), timestamp, payload);
  const signatures = header(headers, 'webhook-signature')
    .split(' ', MOST_SIGNATURES)
    .map((signature) => fromBase64(/^v1,(.+)/.exec(signature)?.[1] ?? ''));
  const age = now() / 1000 - Number(timestamp);
  // Written so that NaN, of whichever of the two, is refused.
  if (!(Math.abs(age) <= Math.min(toleranceSeconds, MOST_TOLERANCE))) {
    throw webhookError('out_of_time', `The webhook is ${Math.round(age)} seconds old.`);
  }

  const keys = await Promise.all([secret].flat().map(importSecret));
  const fits = keys.flatMap((key) => signatures.map((one) => one && crypto.subtle.verify('HMAC', key, one, bytes)));
  if (!(await Promise.all(fits)).includes(true)) {
    throw webhookError('invalid_signature', 'No signature fits body and secret.');
  }
  try {
    return JSON.parse(await new Blob([payload as BlobPart]).text()) as Event;
  } catch {
    throw webhookError('invalid_json', 'The body is not JSON.');
  }
}

function header(headers: WebhookHeaders, name: string): string {
  const value =
    typeof headers.get === 'function'
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const text = [value].flat()[0];
  if (!text) throw webhookError('missing_header', `The header ${name} is missing.`);
  return text;
}
