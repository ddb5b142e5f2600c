import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../store/postgres/postgres-store.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from './front-door.test-rig.ts';

const bin = findPostgres();
/** How long a statement may take here, milliseconds: so long a twin waits. */
const statementMs = 2_000;

describe.skipIf(bin === undefined)('twins of a request in two processes', () => {
  let server: PostgresServer;
  let url: string;
  let doors: [FrontDoor, FrontDoor];

  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = server.createDatabase();
    const open = async () => openFrontDoor({ store: await openPostgresStore({ url, statementMs }) });
    doors = [await open(), await open()];
  });
  afterEach(async () => {
    for (const door of doors) await door.close();
  });

  const create = (door: FrontDoor, key: string) =>
    door.call('POST /v1/agents', { key: doors[0].apiKey, body: simulatedAgent, headers: { 'idempotency-key': key } });
  const countAgents = async () =>
    (await doors[0].store.query.selectFrom('agents').select('id').where('tenant_id', '=', doors[0].tenantId).execute())
      .length;

  it('have one effect and one answer, however many arrive at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => create(at % 2 === 0 ? doors[0] : doors[1], 'once')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(await countAgents()).toBe(1);
    for (const { errors } of doors) expect(errors).toEqual([]);
  });

  it('have the answer of the first one also where that changed what the others ask for', async () => {
    const [{ apiKey: key }] = doors;
    const { body: agent } = await create(doors[0], 'agent');
    const patch = (door: FrontDoor) =>
      door.call(`PATCH /v1/agents/${agent.id}`, {
        key,
        body: { name: 'Next' },
        headers: { 'idempotency-key': 'next', 'if-match': '1' },
      });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, at) => patch(at % 2 === 0 ? doors[0] : doors[1])));
    expect(answers.map(({ status, body }) => [status, body.version])).toEqual(answers.map(() => [200, 2]));
  });

  it('wait for the first one, but not for ever: then they are told when to come back, and nothing was done', async () => {
    const first = new pg.Client({ connectionString: url });
    await first.connect();
    /** The record of a twin that has not committed yet. */
    const begin = async (body: string) => {
      await first.query('BEGIN');
      await first.query(
        `INSERT INTO idempotency_keys (tenant_id, route, idempotency_key, request_hash, status, body, created_at)
         SELECT tenant_id, route, 'slow', request_hash, status, $1, created_at FROM idempotency_keys
         WHERE idempotency_key = 'model'`,
        [body],
      );
    };
    await create(doors[0], 'model');
    await begin('{}');
    const { status, headers, body } = await create(doors[1], 'slow');
    expect([status, body.code, body.retryable]).toEqual([409, 'idempotency.in_progress', true]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await countAgents()).toBe(1);

    await first.query('ROLLBACK');
    await begin('{"id":"agt_of_the_first"}');
    const waiting = create(doors[1], 'slow');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await first.query('COMMIT');
    expect((await waiting).body).toEqual({ id: 'agt_of_the_first' });
    expect(await countAgents()).toBe(1);
    await first.end();
  });
});
