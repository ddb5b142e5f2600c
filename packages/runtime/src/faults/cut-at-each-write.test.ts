import { Runctl } from '@runctl/sdk';
import {
  type CommitMoment,
  findPostgres,
  type PostgresProxy,
  type PostgresServer,
  startPostgres,
  startPostgresProxy,
} from '@runctl/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRuntime, type Runtime } from '../runtime.ts';
import { migrations } from '../store/migrations/index.ts';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { storeOutage } from '../store-outage.ts';
import { expectInvariants, reading } from './home-reader.test-rig.ts';
import {
  castStory,
  countedTasks,
  countTasks,
  expectStory,
  listenInVain,
  playStory,
  startToolServer,
  type ToolServer,
} from './story.test-rig.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('cut off from Postgres at each commit in turn (R48, R49)', () => {
  let postgres: PostgresServer;
  let proxy: PostgresProxy;
  let tool: ToolServer;
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    proxy = await startPostgresProxy();
    tool = await startToolServer();
  });
  afterAll(async () => {
    await proxy.close();
    await postgres.stop();
    await tool.close();
  });

  describe.each<CommitMoment>(['before', 'after'])('%s the server has made it', (moment) => {
    let runtime: Runtime;
    let databaseUrl: string;
    let client: Runctl;
    let agentId: string;
    const errors: unknown[] = [];

    beforeAll(async () => {
      databaseUrl = postgres.createDatabase();
      runtime = await createRuntime({
        databaseUrl: proxy.through(databaseUrl),
        egressAllow: ['127.0.0.1'],
        onError: (error) => errors.push(error),
      });
      const fetch: typeof globalThis.fetch = (input, init) => runtime.fetch(new Request(input, init));
      client = new Runctl({ apiKey: runtime.newApiKey ?? '', baseUrl: 'https://runctl.test', fetch, retries: 5 });
      await listenInVain(client);
      agentId = await castStory(client, tool.url);
      await countTasks({ databaseUrl });
    });
    afterAll(async () => {
      proxy.plan();
      await runtime.stop();
    });

    test('a task with a tool, an approval and a child ends once, and its key gives the same task', async () => {
      const answers = new Map<string, string>();
      for (let commit = 1, wasCut = true; wasCut; commit += 1) {
        wasCut = false;
        proxy.plan({
          commit,
          moment,
          fault: 'cut',
          onMet: () => {
            wasCut = true;
          },
        });
        const key = `story-${commit}`;
        const done = await playStory(() => client, agentId, key);
        await expectStory(client, done, tool.keys);
        answers.set(key, done.id);
      }
      proxy.plan();
      expect(answers.size).toBeGreaterThan(10);
      await expectInvariants({ databaseUrl }, { acknowledged: answers.values(), answers });
      expect(await countedTasks({ databaseUrl })).toBe(answers.size);
      // The log speaks of the outage alone.
      expect(errors.filter((error) => storeOutage(error) === undefined)).toEqual([]);
    });
  });

  test.each<CommitMoment>(['before', 'after'])(
    'a start whose migrations are cut %s a commit leaves what the next start brings to its end',
    async (moment) => {
      const schemaOf = async (databaseUrl: string) => {
        await (await openPostgresStore({ url: databaseUrl })).close();
        return reading({ databaseUrl }, async (query) => {
          const tables = await query.introspection.getTables();
          const { rows: policies } = await sql`SELECT tablename, policyname FROM pg_policies ORDER BY 1, 2`.execute(
            query,
          );
          return { policies, tables: tables.map(({ name, columns }) => ({ name, columns })) };
        });
      };
      const expected = await schemaOf(postgres.createDatabase());
      // Each migration is one commit. The wall between tenants takes many more, of one kind: some of them stand for all.
      for (let commit = 1, wasCut = true; wasCut; commit += commit <= migrations.length ? 1 : 6) {
        const databaseUrl = postgres.createDatabase();
        wasCut = false;
        proxy.plan({
          commit,
          moment,
          fault: 'cut',
          onMet: () => {
            wasCut = true;
          },
        });
        await openPostgresStore({ url: proxy.through(databaseUrl) }).then(
          (store) => store.close(),
          () => expect(wasCut).toBe(true),
        );
        proxy.plan();
        expect(await schemaOf(databaseUrl)).toEqual(expected);
        if (!wasCut) expect(commit).toBeGreaterThan(migrations.length);
      }
    },
  );
});
