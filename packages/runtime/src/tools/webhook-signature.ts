import { createHmac } from 'node:crypto';

/** What is signed. */
export interface SignedMessage {
  /** The same for every attempt at the same message. Without full stops. */
  id: string;
  sentAt: Date;
  body: string;
}

/**
 * Headers by which a receiver knows that a message is from this runtime and new.
 *
 * @param secret `whsec_` and base64.
 * @see https://www.standardwebhooks.com
 */
export function signatureHeaders({ id, sentAt, body }: SignedMessage, secret: string): Record<string, string> {
  const timestamp = Math.floor(sentAt.getTime() / 1_000).toString();
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
