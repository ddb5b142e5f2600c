import { RunctlConfigError } from '../errors/config-error.ts';
import type { ApiKeySource } from '../options/api-key.ts';
import { checkKey } from '../options/key.ts';

/** Keeps the key where no print of a client reaches it, and asks for it no more often than it must. */
export interface Credentials {
  /** The key to send; the first call asks the source, and all that come meanwhile share the answer. */
  key(): string | Promise<string>;
  /** Another key than the one that was refused, or `undefined` where the source has none. */
  renew(refused: string): Promise<string | undefined>;
  /** A text with every key that was sent replaced by `***`. */
  redact(text: string): string;
}

/** Credentials over a key or the function that knows it. */
export function createCredentials(source: ApiKeySource): Credentials {
  let current: string | Promise<string> | undefined = typeof source === 'string' ? source : undefined;
  const sent = new Set<string>();

  const ask = async (askFor: Exclude<ApiKeySource, string>, reason: 'initial' | 'unauthorized'): Promise<string> => {
    try {
      current = checkKey(await askFor(reason), 'apiKey()');
      sent.add(current);
      return current;
    } catch (error) {
      current = undefined;
      if (error instanceof RunctlConfigError) throw error;
      throw new RunctlConfigError('The function `apiKey` failed.', { cause: error });
    }
  };
  if (typeof source === 'string') sent.add(source);

  return {
    key() {
      if (current === undefined && typeof source === 'function') current = ask(source, 'initial');
      return current ?? '';
    },
    async renew(refused) {
      if (typeof source === 'string') return undefined;
      if (current === refused) current = ask(source, 'unauthorized');
      const key = await (current ?? ask(source, 'unauthorized'));
      return key === refused ? undefined : key;
    },
    redact(text) {
      let redacted = text;
      for (const key of sent) redacted = redacted.replaceAll(key, '***');
      return redacted;
    },
  };
}
