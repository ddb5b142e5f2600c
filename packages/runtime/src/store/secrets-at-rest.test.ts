import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime, type StoreLocation } from '../runtime.ts';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { openOperatorHome } from './operator/open-operator-home.ts';
import { resealSecrets } from './reseal-secrets.ts';
import { readSecretBox, SecretBox } from './secret-box.ts';

const newKey = () => randomBytes(32).toString('base64');
const operatorKey = `rctl_${'0'.repeat(32)}`;
const bin = findPostgres();
let server: PostgresServer | undefined;
const folders: string[] = [];
let runtime: Runtime | undefined;

beforeAll(async () => {
  if (bin !== undefined) server = await startPostgres(bin);
});
afterEach(stop);
afterAll(async () => {
  await server?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const homes: { name: string; create: () => StoreLocation }[] = [
  {
    name: 'sqlite',
    create: () => {
      const folder = mkdtempSync(join(tmpdir(), 'runctl-sealed-'));
      folders.push(folder);
      return { folder };
    },
  },
  ...(bin === undefined ? [] : [{ name: 'postgres', create: () => ({ databaseUrl: server?.createDatabase() ?? '' }) }]),
];

/** What the database itself holds, and what the operator's command reads. */
async function secretsOf(location: StoreLocation, keys: string) {
  const home = await openOperatorHome(location as { folder: string }, readSecretBox({ RUNCTL_SECRETS_KEY: keys }));
  try {
    const { rows } = await sql<{
      id: string;
      stored: string;
    }>`SELECT id, signing_secret AS stored FROM tenants ORDER BY id`.execute(home.query);
    const accounts = new OperatorAccounts(home, Date.now);
    const read = await Promise.all(rows.map(({ id }) => accounts.signingSecret(id)));
    return { stored: rows.map(({ stored }) => stored), read };
  } finally {
    await home.close();
  }
}

/** What `runctl secrets reseal` does. */
async function reseal(location: StoreLocation, keys: string): Promise<number> {
  const box = readSecretBox({ RUNCTL_SECRETS_KEY: keys }) as SecretBox;
  const home = await openOperatorHome(location as { folder: string }, box);
  return resealSecrets(home, box).finally(() => home.close());
}

function prefixOf(key: string): string {
  return (readSecretBox({ RUNCTL_SECRETS_KEY: key }) as SecretBox).prefix;
}

async function stop(): Promise<void> {
  await runtime?.stop(0);
  runtime = undefined;
}

async function run(location: StoreLocation, env: Record<string, string>): Promise<void> {
  runtime = await createRuntime({ ...location, env: { RUNCTL_OPERATOR_KEY: operatorKey, ...env }, slots: 0 });
}

async function makeTenant(): Promise<void> {
  const made = await runtime?.fetch(
    new Request('http://runctl.test/v1/tenants', {
      method: 'POST',
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Acme', ownerEmail: 'ada@acme.example' }),
    }),
  );
  expect(made?.status).toBe(201);
}

describe.each(homes)('secrets at rest on $name', ({ create }) => {
  it('are sealed with a key that is not in the database, and read by who has it', async () => {
    const location = create();
    const key = newKey();
    await run(location, { RUNCTL_SECRETS_KEY: key });
    await makeTenant();
    await stop();
    const { stored, read } = await secretsOf(location, key);
    expect(stored).toHaveLength(2);
    for (const text of stored) expect(text).toMatch(/^sealed:[0-9a-f]{8}:/);
    for (const text of read) expect(text).toMatch(/^whsec_/);
    if (location.folder === undefined) return;
    const bytes = ['runctl.db', 'runctl.db-wal'].map((name) => {
      try {
        return readFileSync(join(location.folder, name), 'latin1');
      } catch {
        return '';
      }
    });
    for (const secret of read) expect(bytes.join('')).not.toContain(secret);
  });

  it('stay as they are at a start with a new key, so that who has the old one alone goes on reading them', async () => {
    const location = create();
    await run(location, {});
    await makeTenant();
    await stop();
    const [first, second] = [newKey(), newKey()];
    const before = await secretsOf(location, first);
    expect(before.stored).toEqual(before.read);
    const shownBy = async (keys: string) => {
      await run(location, { RUNCTL_SECRETS_KEY: keys });
      await stop();
      return secretsOf(location, keys);
    };
    expect((await shownBy(first)).stored).toEqual(before.stored);
    expect(await reseal(location, first)).toBe(before.stored.length);
    const sealed = await shownBy(`${first},${second}`);
    for (const text of sealed.stored) expect(text.startsWith(prefixOf(first))).toBe(true);
    expect((await shownBy(`${second},${first}`)).stored).toEqual(sealed.stored);
    expect((await secretsOf(location, first)).read).toEqual(before.read);
  });

  it('are sealed anew with the first key when the operator says so, once; then the older key can go', async () => {
    const location = create();
    const [first, second] = [newKey(), newKey()];
    await run(location, { RUNCTL_SECRETS_KEY: first });
    await makeTenant();
    await stop();
    const { read } = await secretsOf(location, first);
    expect(await reseal(location, `${second},${first}`)).toBe(read.length);
    expect(await reseal(location, `${second},${first}`)).toBe(0);
    const after = await secretsOf(location, second);
    expect(after.read).toEqual(read);
    for (const text of after.stored) expect(text.startsWith(prefixOf(second))).toBe(true);
    await run(location, { RUNCTL_SECRETS_KEY: second });
  });

  it('are no secrets to a process without their key: it says which variable it lacks, and signs nothing with them', async () => {
    const location = create();
    await run(location, {});
    const apiKey = runtime?.newApiKey ?? '';
    const key = newKey();
    await stop();
    const errors: unknown[] = [];
    runtime = await createRuntime({ ...location, env: {}, slots: 0, onError: (error) => errors.push(error) });
    // Another process has the key meanwhile.
    await reseal(location, key);
    const answer = await runtime.fetch(
      new Request('http://runctl.test/v1/tenants/current', { headers: { authorization: `Bearer ${apiKey}` } }),
    );
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'store.unavailable', hint: expect.stringContaining('RUNCTL_SECRETS_KEY') },
    ]);
    expect(errors).toMatchObject([
      { name: 'SealedForAnother', message: expect.stringContaining('RUNCTL_SECRETS_KEY') },
    ]);
    await expect(secretsOf(location, '')).rejects.toThrow(
      /sealed with the key [0-9a-f]{8}, and RUNCTL_SECRETS_KEY is not set/,
    );
  });

  it('keep a runtime from starting that has lost their key, and the message says which', async () => {
    const location = create();
    await run(location, { RUNCTL_SECRETS_KEY: newKey() });
    await stop();
    const started = run(location, { RUNCTL_SECRETS_KEY: newKey() });
    await expect(started).rejects.toThrow(/sealed with the key [0-9a-f]{8}, which RUNCTL_SECRETS_KEY does not have/);
    await expect(run(location, {})).rejects.toThrow(
      /sealed with the key [0-9a-f]{8}, and RUNCTL_SECRETS_KEY is not set/,
    );
  });
});

describe('a key for secrets', () => {
  it('is 32 bytes in base64 or hexadecimal; what is not is refused and not repeated', () => {
    expect(readSecretBox({ RUNCTL_SECRETS_KEY: '' })).toBeUndefined();
    expect(readSecretBox({ RUNCTL_SECRETS_KEY: 'ab'.repeat(32) })?.prefix).toMatch(/^sealed:/);
    expect(() => readSecretBox({ RUNCTL_SECRETS_KEY: 'hunter2' })).toThrow(/^(?!.*hunter2).*32 bytes in base64/);
  });

  it('opens nothing that was changed', () => {
    const box = new SecretBox([randomBytes(32)]);
    const sealed = box.seal('whsec_1');
    expect(box.open(sealed)).toBe('whsec_1');
    const last = sealed.endsWith('A') ? 'B' : 'A';
    expect(() => box.open(`${sealed.slice(0, -2)}${last}${last}`)).toThrow();
  });
});
