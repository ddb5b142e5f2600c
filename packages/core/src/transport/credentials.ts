import { RunctlConfigError } from '../errors/config-error.ts';
import type { ApiKeySource } from '../options/api-key.ts';
import { checkKey } from '../options/key.ts';

/** Keeps the key where no print of a client reaches it, and asks for it no more often than it must. */
export interface Credentials {
  /** The key to send; the first call asks the source, and all that come meanwhile share the answer. */
  key(): string | Promise<string>;
  /** Whether the source has another key than the one that was refused. */
  renew(refused: string): Promise<boolean>;
  /** A text with every key that was sent replaced by `***`. */
  redact(text: string): string;
}

/** Credentials over a key or the function that knows it. */
export function createCredentials(source: ApiKeySource): Credentials {
  let current: string | Promise<string> | undefined;
  const sent = new Set<string>();

  const ask = async (reason: 'initial' | 'unauthorized'): Promise<string> => {
    try {
      current = typeof source === 'string' ? source : checkKey(await source(reason), 'apiKey()');
      sent.add(current);
      return current;
    } catch (cause) {
      current = undefined;
      throw cause instanceof RunctlConfigError
        ? cause
        : new RunctlConfigError('The function `apiKey` failed.', { cause });
    }
  };
  return {
    key: () => {
      current ??= ask('initial');
      return current;
    },
    async renew(refused) {
      if (current === undefined || current === refused) current = ask('unauthorized');
      return (await current) !== refused;
    },
    redact(text) {
      let redacted = text;
      for (const key of sent) redacted = redacted.replaceAll(key, '***');
      return redacted;
    },
  };
}
