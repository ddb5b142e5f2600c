import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres, startPostgres } from '@runctl/testkit';
import { describe, expect, it } from 'vitest';
import { migrateHome } from './operator/migrate-home.ts';
import { dumpPostgres, dumpSqlite } from './schema-dump.test-rig.ts';

const schemas = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'schema');
const head =
  '-- What the migrations make of an empty database. Written by pnpm schema; a change of it is reviewed.\n\n';
const bin = findPostgres();

describe('the migrations make the schema that was reviewed', () => {
  it('on SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'runctl-schema-'));
    await migrateHome({ folder }, {});
    await expect(head + dumpSqlite(join(folder, 'runctl.db'))).toMatchFileSnapshot(join(schemas, 'sqlite.sql'));
    rmSync(folder, { recursive: true });
  });

  it.skipIf(bin === undefined)('on Postgres', async () => {
    const server = await startPostgres(bin ?? '');
    const databaseUrl = server.createDatabase();
    await migrateHome({ databaseUrl }, {});
    const dump = await dumpPostgres(databaseUrl);
    await server.stop();
    await expect(head + dump).toMatchFileSnapshot(join(schemas, 'postgres.sql'));
  });
});
