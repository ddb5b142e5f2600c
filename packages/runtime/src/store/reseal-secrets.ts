import { sql } from 'kysely';
import { SealedForAnother, type SecretBox } from './secret-box.ts';
import type { Store } from './store.ts';

/** Where sealed columns stand, and what a row is found by. */
const places = [
  { table: 'tenants', key: 'id', column: 'signing_secret' },
  { table: 'server_secrets', key: 'name', column: 'value' },
  { table: 'webhooks', key: 'id', column: 'secret' },
  { table: 'webhooks', key: 'id', column: 'previous_secret' },
] as const;
/** Rows a transaction. */
const mostAtOnce = 200;

/**
 * Seals with the first key what was written without one, or with an older one. After that the older ones can go.
 *
 * @returns how many secrets were sealed
 * @throws {SealedForAnother} A secret was sealed with a key that is not there any more.
 */
export async function resealSecrets(store: Pick<Store, 'query' | 'write'>, box: SecretBox): Promise<number> {
  let sealed = 0;
  for (const place of places) {
    for (;;) {
      const count = await resealSome(store, box, place);
      sealed += count;
      if (count < mostAtOnce) break;
    }
  }
  return sealed;
}

/**
 * Makes sure that nothing is sealed, since there is no key: what cannot be read must not be taken for a secret.
 *
 * @throws {SealedForAnother}
 */
export async function checkNothingSealed({ query }: Pick<Store, 'query'>): Promise<void> {
  for (const { table, column } of places) {
    const { rows } =
      await sql`SELECT 1 FROM ${sql.table(table)} WHERE ${sql.ref(column)} LIKE 'sealed:%' LIMIT 1`.execute(query);
    if (rows.length === 0) continue;
    throw new SealedForAnother(
      'Secrets in the database are sealed, and RUNCTL_SECRETS_KEY is not set. Set it to the key that sealed them.',
    );
  }
}

/** Reads the whole table, which has a row a tenant at most. What was changed meanwhile is left as it is. */
async function resealSome(
  store: Pick<Store, 'query' | 'write'>,
  box: SecretBox,
  { table, key, column }: (typeof places)[number],
): Promise<number> {
  const { rows } = await sql<{ id: string; stored: string }>`
    SELECT ${sql.ref(key)} AS id, ${sql.ref(column)} AS stored FROM ${sql.table(table)}
    WHERE ${sql.ref(column)} NOT LIKE ${`${box.prefix}%`} LIMIT ${mostAtOnce}`.execute(store.query);
  if (rows.length === 0) return 0;
  const changes = rows.map(({ id, stored }) => ({ id, stored, sealed: box.seal(box.open(stored)) }));
  await store.write(async ({ query }) => {
    for (const { id, stored, sealed } of changes) {
      await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${sealed}
        WHERE ${sql.ref(key)} = ${id} AND ${sql.ref(column)} = ${stored}`.execute(query);
    }
  });
  return rows.length;
}
