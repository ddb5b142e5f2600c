import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createRuntime, type Runtime } from '../runtime.ts';
import { rowInserter } from '../store/in-list.ts';
import { type Migration, migrations } from '../store/migrations/index.ts';
import { openConnection } from '../store/sqlite/connection.ts';
import { type DataPlace, expectInvariants, reading } from './home-reader.test-rig.ts';
import {
  castStory,
  expectStory,
  playStory,
  startToolServer,
  type ToolServer,
  untilAnswered,
} from './story.test-rig.ts';

type Row = Record<string, string | number | null>;

const bin = findPostgres();
let server: PostgresServer | undefined;
let tool: ToolServer;
let parent: string;
/**
 * What a runtime has left in the middle of a task, table by table. It is today's: rows that an older one wrote in another
 * way, with the same columns, are not among them.
 */
let left: Map<string, Row[]>;
let apiKey: string;
let agentId: string;
let halfDone: string;
let done: string;

const clientOf = (runtime: Runtime) =>
  new Runctl({
    apiKey,
    baseUrl: 'https://runctl.test',
    fetch: (input, init) => runtime.fetch(new Request(input, init)),
  });

beforeAll(async () => {
  tool = await startToolServer();
  parent = mkdtempSync(join(tmpdir(), 'runctl-older-'));
  const place = { folder: join(parent, 'prepared') };
  const runtime = await createRuntime({ ...place, egressAllow: ['127.0.0.1'] });
  apiKey = runtime.newApiKey ?? '';
  const client = clientOf(runtime);
  agentId = await castStory(client, tool.url);
  done = (await playStory(() => client, agentId, 'before')).id;
  const input = { payload: { message: 'Go.' } };
  halfDone = (await client.tasks.create({ agentId, input }, { idempotencyKey: 'half' })).id;
  const isHalfDone = async () => expect((await client.tasks.getById(halfDone)).status).toBe('waiting');
  await vi.waitFor(isHalfDone, { timeout: 60_000 });
  await runtime.stop();
  left = await reading(place, async (query) => {
    const found = new Map<string, Row[]>();
    for (const { name } of await query.introspection.getTables()) {
      const { rows } = await sql<Row>`SELECT * FROM ${sql.table(name)}`.execute(query);
      if (!['schema_migrations', 'workers'].includes(name)) found.set(name, rows);
    }
    return found;
  });
}, 120_000);
afterAll(async () => {
  await tool.close();
  await server?.stop();
  rmSync(parent, { recursive: true, force: true });
});

/** The tables as an older version has made them. */
const madeBy = (known: readonly Migration[], home: 'sqlite' | 'postgres') => [
  'CREATE TABLE schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)',
  ...known.map((migration) => migration.sql + (migration[home] ?? '')),
  ...known.map(({ name }) => `INSERT INTO schema_migrations VALUES ('${name}', 1)`),
];

async function olderFolder(known: readonly Migration[]): Promise<DataPlace> {
  const folder = join(parent, `with-${known.length}`);
  mkdirSync(folder, { mode: 0o700 });
  const connection = openConnection(join(folder, 'runctl.db'));
  for (const statements of madeBy(known, 'sqlite')) connection.exec(statements);
  connection.close();
  return { folder };
}

async function olderDatabase(known: readonly Migration[]): Promise<DataPlace> {
  server ??= await startPostgres(bin ?? '');
  const databaseUrl = server.createDatabase();
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const statements of madeBy(known, 'postgres')) await client.query(statements);
  await client.end();
  return { databaseUrl };
}

/** What of today's rows the older tables have room for: what newer columns say has to come of the migrations. */
async function fill(place: DataPlace): Promise<void> {
  await reading(place, async (query) => {
    for (const { name: table, columns } of await query.introspection.getTables()) {
      const names = new Set(columns.map(({ name }) => name));
      const rows = (left.get(table) ?? []).map(
        (row) => Object.fromEntries(Object.entries(row).filter(([column]) => names.has(column))) as Row,
      );
      const [first] = rows;
      if (first !== undefined) await rowInserter<Row>({ table, columns: Object.keys(first) })(query, rows);
    }
  });
}

const homes = [
  { name: 'a folder', make: olderFolder },
  ...(bin === undefined ? [] : [{ name: 'Postgres', make: olderDatabase }]),
];
/** Before these there were no teams, nor workflows. */
const older = migrations.flatMap(({ name }, at) => (name > '0008' && at < migrations.length - 1 ? [at + 1] : []));

describe.each(homes)('data in the tables of an older version on $name (R64)', ({ make }) => {
  test.each(older.map((count) => [migrations[count - 1]?.name, count] as const))(
    'of %s, with what they have room for, goes on where it was: a task that waits ends once, the past is read and forked',
    async (_name, count) => {
      const calls = tool.keys.length;
      const place = await make(migrations.slice(0, count));
      await fill(place);
      const runtime = await createRuntime({ ...place, egressAllow: ['127.0.0.1'] });
      try {
        const client = clientOf(runtime);
        expect(await client.tasks.getById(halfDone)).toMatchObject({ status: 'waiting' });
        const ended = await playStory(() => client, agentId, 'half');
        expect(ended.id).toBe(halfDone);
        await expectStory(client, ended, tool.keys.slice(calls));
        const past = await client.tasks.getById(done);
        await expectStory(client, past, tool.keys.slice(0, 1));
        expect((await client.tasks.list({ status: 'completed' })).pagination.total).toBe(4);
        const fork = await client.tasks.fork(done, 6);
        const forked = await untilAnswered(() => client.tasks.waitForCompletion(fork.id, { timeoutMs: 60_000 }));
        expect(forked).toMatchObject({ status: 'completed', result: past.result });
      } finally {
        await runtime.stop();
      }
      await expectInvariants(place, { acknowledged: [halfDone, done] });
    },
  );
});
