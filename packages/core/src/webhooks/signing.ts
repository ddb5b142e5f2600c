import { RunctlWebhookError } from '../errors/webhook-error.ts';
import type { WebhookPayload } from './webhook-payload.ts';

/** An error that says by its code what is wrong with a webhook. */
export function webhookError(what: string, message: string): RunctlWebhookError {
  return new RunctlWebhookError(message, { code: `webhook.${what}` });
}

/**
 * A key from a secret as the dashboard shows it: base64, with or without `whsec_` before it.
 *
 * @throws {RunctlWebhookError} `webhook.invalid_secret`; the message does not hold the secret
 */
export async function importSecret(secret: string): Promise<CryptoKey> {
  const bytes = fromBase64(String(secret).replace(/^whsec_/, ''));
  if (!bytes?.length) throw webhookError('invalid_secret', 'A secret is base64: `whsec_...`.');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

/**
 * The bytes that are signed: `id.timestamp.payload`.
 *
 * @throws {RunctlWebhookError} `webhook.payload_not_raw`
 */
export function signedBytes(id: string, timestamp: string, payload: WebhookPayload): Promise<ArrayBuffer> {
  if (typeof payload !== 'string' && typeof payload?.byteLength !== 'number') {
    throw webhookError('payload_not_raw', 'Pass the raw body, not a parsed one.');
  }
  return new Blob([`${id}.${timestamp}.`, payload as BlobPart]).arrayBuffer();
}

/** The bytes of base64 text; undefined where it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
