import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { openPostgresStore } from './postgres/postgres-store.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/** One place where data is kept, which outlives the store that is open on it. */
export interface StoreHome {
  readonly name: 'sqlite' | 'postgres';
  /** Where an operator's command finds it. */
  readonly location: { folder: string } | { databaseUrl: string };
  open(): Promise<Store>;
  remove(): Promise<void>;
}

let server: PostgresServer | undefined;

/** In a folder of its own. */
export const sqliteHome = async (): Promise<StoreHome> => {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-store-'));
  return {
    name: 'sqlite',
    location: { folder },
    open: async () => openSqliteStore({ folder }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

const postgresHome = (bin: string) => async (): Promise<StoreHome> => {
  server ??= await startPostgres(bin);
  const url = server.createDatabase();
  return {
    name: 'postgres',
    location: { databaseUrl: url },
    open: () => openPostgresStore({ url }),
    remove: async () => undefined,
  };
};

const bin = findPostgres();

/** The homes that this machine can run: every suite over them runs on each. */
export const storeHomes: readonly { name: string; create: () => Promise<StoreHome> }[] = [
  { name: 'sqlite', create: sqliteHome },
  ...(bin === undefined ? [] : [{ name: 'postgres', create: postgresHome(bin) }]),
];

/** Ends what the homes started; after the last suite of a file. */
export async function stopHomes(): Promise<void> {
  await server?.stop();
  server = undefined;
}
