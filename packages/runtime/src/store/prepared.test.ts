import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindRunner, prepared } from './prepared.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-prepared-'));
  store = openSqliteStore({ folder });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function secrets() {
  let builds = 0;
  const add = prepared((query, row: { name: string; at: number }) => {
    builds += 1;
    return query
      .insertInto('server_secrets')
      .values({ name: row.name, value: 'kept', created_at: row.at })
      .onConflict((conflict) => conflict.doNothing());
  });
  const since = prepared((query, { at }: { at: number }) =>
    query.selectFrom('server_secrets').select(['name', 'value']).where('created_at', '>=', at).orderBy('name'),
  );
  return { add, since, builds: () => builds };
}

describe('a prepared statement', () => {
  it('is built once and run with other values each time', async () => {
    const { add, since, builds } = secrets();
    await store.write(async ({ query }) => {
      expect(await add.run(query, { name: 'a', at: 1 })).toBe(1);
      expect(await add.run(query, { name: 'b', at: 2 })).toBe(1);
      expect(await add.run(query, { name: 'b', at: 3 })).toBe(0);
    });
    expect(await since.all(store.query, { at: 1 })).toEqual([
      { name: 'a', value: 'kept' },
      { name: 'b', value: 'kept' },
    ]);
    expect(await since.first(store.query, { at: 2 })).toEqual({ name: 'b', value: 'kept' });
    expect(await since.first(store.query, { at: 3 })).toBeUndefined();
    expect(builds()).toBe(1);
  });

  it('runs through the query builder where nothing is bound to it', async () => {
    const { add, since } = secrets();
    await store.write(async ({ query }) => {
      expect(await add.run(query.withTables(), { name: 'a', at: 1 })).toBe(1);
    });
    const unbound = store.query.withTables();
    expect(await since.all(unbound, { at: 1 })).toEqual([{ name: 'a', value: 'kept' }]);
    expect(await since.first(unbound, { at: 2 })).toBeUndefined();
  });

  it('runs where the builder is bound', async () => {
    const { since } = secrets();
    const ran: unknown[][] = [];
    const bound = bindRunner(store.query.withTables(), {
      all: (sql, values) => {
        ran.push([sql, values]);
        return [];
      },
      first: () => undefined,
      run: () => 0,
    });
    expect(await since.all(bound, { at: 7 })).toEqual([]);
    expect(ran).toEqual([[expect.stringContaining('from "server_secrets"'), [7]]]);
  });
});

describe('a prepared statement that gives one row', () => {
  it('takes its own values after it has failed', async () => {
    const add = prepared((query, { id }: { id: string }) =>
      query.insertInto('billing_events').values({ id, received_at: 1 }).returning('id'),
    );
    expect(await store.write(({ query }) => add.first(query, { id: 'a' }))).toEqual({ id: 'a' });
    await expect(store.write(({ query }) => add.first(query, { id: 'a' }))).rejects.toThrow('UNIQUE');
    expect(await store.write(({ query }) => add.first(query, { id: 'b' }))).toEqual({ id: 'b' });
    expect(await store.write(({ query }) => add.all(query, { id: 'c' }))).toEqual([{ id: 'c' }]);
    await expect(store.write(({ query }) => add.all(query, { id: 'c' }))).rejects.toThrow('UNIQUE');
    expect(await store.write(({ query }) => add.all(query, { id: 'd' }))).toEqual([{ id: 'd' }]);
    await expect(store.write(({ query }) => add.run(query, { id: 'd' }))).rejects.toThrow('UNIQUE');
    expect(await store.write(({ query }) => add.first(query, { id: 'e' }))).toEqual({ id: 'e' });
  });
});
