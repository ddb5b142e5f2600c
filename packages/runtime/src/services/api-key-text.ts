import { hash, randomInt } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const secretLength = 32;
/** Characters of a key that may be shown, to know it by. */
const prefixLength = 10;

/** A fresh API key: 190 random bits. Its text exists once; what is kept is the hash. */
export interface GeneratedApiKey {
  key: string;
  prefix: string;
  hash: string;
}

/** Makes an API key. */
export function generateApiKey(): GeneratedApiKey {
  const secret = Array.from({ length: secretLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  const key = `rctl_${secret}`;
  return { key, prefix: key.slice(0, prefixLength), hash: hashApiKey(key) };
}

/** Whether a text could be a key; one that could not is never looked up. */
export function isApiKeyShaped(text: string): boolean {
  return /^rctl_[0-9A-Za-z]{32}$/.test(text);
}

/** What of a key is stored and looked up. A random key needs no slow hash. */
export function hashApiKey(key: string): string {
  return hash('sha256', key);
}
