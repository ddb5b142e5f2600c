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
 * @param secrets `whsec_` and base64; with several, each signs, so that a receiver can change from one to the other.
 * @see https://www.standardwebhooks.com
 */
export function signatureHeaders(message: SignedMessage, ...secrets: readonly string[]): Record<string, string> {
  const { id, sentAt, body } = message;
  const timestamp = Math.floor(sentAt.getTime() / 1_000).toString();
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
