import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const shape = /^sealed:([0-9a-f]{8}):([A-Za-z0-9_-]{38,})$/;

/** A sealed text that no key of this process opens. */
export class SealedForAnother extends Error {
  override readonly name = 'SealedForAnother';
}

/** Seals texts with the first of some keys and opens them with whichever sealed them: AES-256-GCM. */
export class SecretBox {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #current: { id: string; key: Buffer };

  /** Keys of 32 bytes, the one to seal with first. */
  constructor([first, ...older]: readonly [Buffer, ...Buffer[]]) {
    this.#current = { id: idOf(first), key: first };
    this.#keys = new Map([first, ...older].map((key) => [idOf(key), key]));
  }

  /** What a text that the first key has sealed begins with. */
  get prefix(): string {
    return prefixOf(this.#current.id);
  }

  /** What a text begins with that one of the keys has sealed, the first key's first. */
  get prefixes(): readonly string[] {
    return [...this.#keys.keys()].map(prefixOf);
  }

  seal(text: string): string {
    if (shape.test(text)) return text;
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#current.key, iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${this.prefix}${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /**
   * What is not sealed comes back as it is.
   *
   * @throws {SealedForAnother} It was sealed with a key that is not among these.
   */
  open(stored: string): string {
    const [, id, content] = shape.exec(stored) ?? [];
    if (id === undefined || content === undefined) return stored;
    const key = this.#keys.get(id);
    if (key === undefined) throw sealedWith(id);
    const bytes = Buffer.from(content, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    return decipher.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
  }
}

/** In place of a box where there is no key: nothing is sealed, and what is sealed is not taken for what it seals. */
export const withoutKey: Pick<SecretBox, 'seal' | 'open'> = {
  seal: (text) => text,
  open: (stored) => {
    const [, id] = shape.exec(stored) ?? [];
    if (id === undefined) return stored;
    throw new SealedForAnother(
      `A secret in the database is sealed with the key ${id}, and RUNCTL_SECRETS_KEY is not set. Set it to that key in every process.`,
    );
  },
};

/** What to say of a sealed text that no key opens. */
export function sealedWith(id: string): SealedForAnother {
  return new SealedForAnother(
    `A secret in the database is sealed with the key ${id}, which RUNCTL_SECRETS_KEY does not have. Add that key behind the first one.`,
  );
}

function prefixOf(id: string): string {
  return `sealed:${id}:`;
}

/** Says which key it is and nothing about it. */
function idOf(key: Buffer): string {
  return createHash('sha256').update('runctl secrets key').update(key).digest('hex').slice(0, 8);
}

/** A setting that is no list of keys; the message does not repeat it. */
export class SecretsKeyError extends Error {
  override readonly name = 'SecretsKeyError';
}

/**
 * The box of `RUNCTL_SECRETS_KEY`: keys of 32 bytes in base64 or hexadecimal, separated by commas. Undefined without it.
 *
 * @throws {SecretsKeyError}
 */
export function readSecretBox(env: Readonly<Record<string, string | undefined>>): SecretBox | undefined {
  const text = env.RUNCTL_SECRETS_KEY?.trim() ?? '';
  if (text === '') return undefined;
  const [first, ...older] = text.split(',').map((part) => keyOf(part.trim()));
  return first === undefined ? undefined : new SecretBox([first, ...older]);
}

function keyOf(text: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.byteLength === keyBytes) return key;
  throw new SecretsKeyError(
    'RUNCTL_SECRETS_KEY must be 32 bytes in base64, as openssl rand -base64 32 prints them; older keys behind it, separated by commas.',
  );
}
