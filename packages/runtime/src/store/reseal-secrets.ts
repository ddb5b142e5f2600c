import { sql } from 'kysely';
import { sealedColumns } from './sealed-columns.ts';
import { type SecretBox, withoutKey } from './secret-box.ts';
import type { Query, WriteTransaction } from './store.ts';

/** What holds the secrets: a store, or a home in the operator's hands. */
interface SecretsHome {
  readonly query: Query;
  write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result>;
}

type SealedColumn = (typeof sealedColumns)[number];

/** Rows a transaction. */
const mostAtOnce = 200;

/**
 * Seals with the first key what was written without one, or with an older one. After that the older ones can go.
 * Runtimes may be at work meanwhile; one that does not have the first key cannot read what was sealed.
 *
 * @param onSealed Told how many more secrets of a column are sealed.
 * @returns how many secrets were sealed; none where it was done before
 * @throws {SealedForAnother} A secret was sealed with a key that is not there any more.
 */
export async function resealSecrets(
  home: SecretsHome,
  box: SecretBox,
  onSealed: (column: string, sealed: number) => void = () => undefined,
): Promise<number> {
  let total = 0;
  for (const place of sealedColumns) {
    for (;;) {
      const rows = await readOthers(home.query, box, place);
      if (rows.length === 0) break;
      const sealed = await sealRows(home, box, place, rows);
      total += sealed;
      onSealed(`${place.table}.${place.column}`, sealed);
    }
  }
  return total;
}

/**
 * Makes sure that what is sealed can be opened: a runtime that cannot read the secrets of its database must not start.
 *
 * @throws {SealedForAnother}
 */
export async function checkSecretsOpen(query: Query, box: SecretBox | undefined): Promise<void> {
  for (const { table, column } of sealedColumns) {
    const name = sql.ref(column);
    const known = (box?.prefixes ?? []).map((prefix) => sql` AND ${name} NOT LIKE ${`${prefix}%`}`);
    const { rows } = await sql<{ stored: string }>`SELECT ${name} AS stored FROM ${sql.table(table)}
      WHERE ${name} LIKE 'sealed:%'${sql.join(known, sql``)} LIMIT 1`.execute(query);
    for (const { stored } of rows) (box ?? withoutKey).open(stored);
  }
}

/** Whether there is a secret that the first key has not sealed. */
export async function isResealDue(query: Query, box: SecretBox): Promise<boolean> {
  for (const place of sealedColumns) if ((await readOthers(query, box, place, 1)).length > 0) return true;
  return false;
}

interface StoredSecret {
  id: string;
  stored: string;
}

/** Secrets that the first key has not sealed. Reads the table through, which no index spares; it has few rows a tenant. */
async function readOthers(
  query: Query,
  { prefix }: SecretBox,
  { table, key, column }: SealedColumn,
  most = mostAtOnce,
): Promise<StoredSecret[]> {
  const { rows } = await sql<StoredSecret>`SELECT ${sql.ref(key)} AS id, ${sql.ref(column)} AS stored
    FROM ${sql.table(table)} WHERE ${sql.ref(column)} NOT LIKE ${`${prefix}%`} LIMIT ${most}`.execute(query);
  return rows;
}

/** What was changed meanwhile is left as it is: the next look finds it, where it is still not sealed with the first key. */
async function sealRows(
  home: SecretsHome,
  box: SecretBox,
  { table, key, column }: SealedColumn,
  rows: readonly StoredSecret[],
): Promise<number> {
  const changes = rows.map(({ id, stored }) => ({ id, stored, sealed: box.seal(box.open(stored)) }));
  return home.write(async ({ query }) => {
    let sealed = 0;
    for (const change of changes) {
      const changed = await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${change.sealed}
        WHERE ${sql.ref(key)} = ${change.id} AND ${sql.ref(column)} = ${change.stored}
        RETURNING ${sql.ref(key)}`.execute(query);
      sealed += changed.rows.length;
    }
    return sealed;
  });
}
