import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

/** How an answer that holds a secret is recorded. */
export interface SealedRecord {
  /** Stands for the idempotency key, which itself is part of what opens the record. */
  name: string;
  close(text: string): string;
  /** Undefined where it was closed with another credential. */
  open(sealed: string): string | undefined;
}

/**
 * Seals a recorded answer with what only its caller has: the credential, of which the database knows a hash at most,
 * and the idempotency key, of which it gets a hash too. Who reads the database reads no secret from it.
 */
export function sealedRecord(idempotencyKey: string, route: string, credential: string): SealedRecord {
  const secret = Buffer.from(hkdfSync('sha256', `${credential}\0${idempotencyKey}`, route, 'runctl record', 32));
  return {
    name: createHash('sha256').update(idempotencyKey).digest('base64url'),
    close: (text) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', secret, iv);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open: (text) => {
      const bytes = Buffer.from(text, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, ivBytes));
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
