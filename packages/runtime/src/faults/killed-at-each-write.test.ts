import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRuntime } from '../runtime.ts';
import { type CommitFault, openStoreInProcess, superviseRuntime } from '../runtime-process.test-rig.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { expectInvariants, reading } from './home-reader.test-rig.ts';
import {
  castStory,
  countedTasks,
  countTasks,
  expectStory,
  playStory,
  startToolServer,
  type ToolServer,
  untilAnswered,
} from './story.test-rig.ts';

let tool: ToolServer;
/** A folder in which the agents of the story stand ready. */
let prepared: string;
let apiKey: string;
let agentId: string;

beforeAll(async () => {
  tool = await startToolServer();
  prepared = mkdtempSync(join(tmpdir(), 'runctl-prepared-'));
  const runtime = await createRuntime({ folder: prepared, egressAllow: ['127.0.0.1'] });
  apiKey = runtime.newApiKey ?? '';
  const fetch: typeof globalThis.fetch = (input, init) => runtime.fetch(new Request(input, init));
  agentId = await castStory(new Runctl({ apiKey, baseUrl: 'https://runctl.test', fetch }), tool.url);
  await countTasks({ folder: prepared });
  await runtime.stop();
});
afterAll(async () => {
  await tool.close();
  rmSync(prepared, { recursive: true, force: true });
});

/** Plays the story in a process that dies at a commit, and in another one after it. @returns whether it died */
async function playWith(fault: CommitFault): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-killed-'));
  cpSync(prepared, folder, { recursive: true });
  const runtime = superviseRuntime(folder, fault);
  const stage = async () => new Runctl({ apiKey, baseUrl: (await runtime.current()).url, retries: 0 });
  try {
    const done = await playStory(stage, agentId, 'story');
    // Where a machine is slow, the commit is one that comes with time, and the process dies only now.
    await untilAnswered(async () => expectStory(await stage(), done, tool.keys));
    await runtime.end();
    await expectInvariants({ folder }, { acknowledged: [done.id], answers: new Map([['story', done.id]]) });
    expect(await countedTasks({ folder })).toBe(1);
  } finally {
    await runtime.end();
    rmSync(folder, { recursive: true, force: true });
  }
  return runtime.deaths > 0;
}

async function playWithEach(fault: CommitFault['fault']): Promise<number> {
  for (let commit = 1; ; commit += 1) {
    const died = await playWith({ fault, commit }).catch((cause: unknown) => {
      throw new Error(`With ${fault} at commit ${commit}`, { cause });
    });
    if (!died) return commit - 1;
  }
}

describe('killed with kill -9 at each commit in turn (R48)', () => {
  test('a task with a tool, an approval and a child ends once, and its key gives the same task', async () => {
    const [before, after] = await Promise.all([playWithEach('die-before'), playWithEach('die-after')]);
    // Fewer would mean that the commits are no longer seen.
    expect(Math.min(before, after)).toBeGreaterThanOrEqual(8);
  }, 600_000);
});

describe('killed with kill -9 at each commit of the migrations in turn (R48)', () => {
  async function schemaOf(folder: string): Promise<unknown> {
    await openSqliteStore({ folder }).close();
    return reading({ folder }, async (query) => {
      const tables = await query.introspection.getTables();
      return tables.map(({ name, columns }) => ({ name, columns }));
    });
  }

  test.each(['die-before', 'die-after'] as const)(
    'the next start brings the schema to the same end (%s)',
    async (fault) => {
      const whole = mkdtempSync(join(tmpdir(), 'runctl-migrated-'));
      const expected = await schemaOf(whole);
      rmSync(whole, { recursive: true });
      for (let commit = 1, died = true; died; commit += 1) {
        const folder = mkdtempSync(join(tmpdir(), 'runctl-migrated-'));
        died = (await openStoreInProcess(folder, { fault, commit })) === null;
        expect(await schemaOf(folder)).toEqual(expected);
        rmSync(folder, { recursive: true });
        if (!died) expect(commit).toBeGreaterThan(8);
      }
    },
  );
});
