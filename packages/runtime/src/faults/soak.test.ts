import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { describe, expect, test, vi } from 'vitest';
import { type CommandProcess, startCommand, superviseRuntime } from '../runtime-process.test-rig.ts';
import { type DataPlace, expectInvariants } from './home-reader.test-rig.ts';
import { castStory, countTasks, listenInVain, type Stage, startToolServer, untilAnswered } from './story.test-rig.ts';

// R47: kills at random moments under load. `npm run faults` runs it for as long as it is told; `npm test` does not.
const seconds = Number(process.env.RUNCTL_FAULT_SECONDS ?? 0);
const seed = Number(process.env.RUNCTL_FAULT_SEED ?? Date.now() % 1_000_000);
const bin = findPostgres();

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks for stories as fast as they are taken, and approves what waits, while `harm` is done again and again. */
async function soak(stage: Stage, agentId: string, harm: (random: () => number) => Promise<void>) {
  const random = randomFrom(seed);
  const endsAt = performance.now() + seconds * 1_000;
  const answers = new Map<string, string>();
  const isOver = () => performance.now() > endsAt;
  const body = { agentId, input: { payload: { message: 'Go.' } } };
  const ask = async (lane: number) => {
    for (let count = 0; !isOver(); count += 1) {
      const key = `soak-${lane}-${count}`;
      const create = async () => (await stage()).tasks.create(body, { idempotencyKey: key });
      answers.set(key, (await untilAnswered(create)).id);
      await pause(20);
    }
  };
  const approve = async () => {
    for (let idle = 0; !isOver() || idle < 50; idle += 1) {
      const waiting = await untilAnswered(async () => (await stage()).tasks.list({ status: 'waiting', limit: 50 }));
      const asked = waiting.data.filter((task) => task.status === 'waiting' && task.waitingFor.kind === 'approval');
      if (asked.length > 0) idle = 0;
      await Promise.all(asked.map(async ({ id }) => (await stage()).tasks.approve(id).catch(() => undefined)));
      await pause(50);
    }
  };
  const doHarm = async () => {
    while (!isOver()) {
      await pause(300 + random() * 2_500);
      await harm(random);
    }
  };
  await Promise.all([ask(1), ask(2), doHarm(), approve()]);
  return answers;
}

/** Every task that was acknowledged has ended: well, or because its worker was killed under it three times. */
async function expectEnds(stage: Stage, answers: ReadonlyMap<string, string>, place: DataPlace): Promise<void> {
  const ends: Record<string, number> = {};
  for (const id of answers.values()) {
    const read = async () => (await stage()).tasks.getById(id);
    await expect
      .poll(() => untilAnswered(read), { timeout: 60_000, interval: 50 })
      .toMatchObject({ finishedAt: expect.anything() });
    const { status, error } = await untilAnswered(read);
    const end = `${status} ${error?.code ?? ''}`.trim();
    ends[end] = (ends[end] ?? 0) + 1;
  }
  process.stdout.write(`seed ${seed}: ${answers.size} tasks ${JSON.stringify(ends)}\n`);
  expect(Object.keys(ends).filter((end) => end !== 'completed' && end !== 'failed worker_lost')).toEqual([]);
  await expectInvariants(place, { acknowledged: answers.values(), answers });
}

describe.skipIf(!(seconds > 0))('killed with kill -9 at random moments under load (R47)', () => {
  const timeoutMs = (seconds + 240) * 1_000;

  test(
    'on sqlite nothing that was acknowledged is lost or done twice',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'runctl-soak-'));
      const tool = await startToolServer(30);
      const runtime = superviseRuntime(folder);
      const { apiKey = '' } = await runtime.current();
      const stage = async () => new Runctl({ apiKey, baseUrl: (await runtime.current()).url, retries: 0 });
      await listenInVain(await stage());
      const agentId = await castStory(await stage(), tool.url);
      await countTasks({ folder });
      const answers = await soak(stage, agentId, async () => (await runtime.current()).kill());
      await expectEnds(stage, answers, { folder });
      await runtime.end();
      await tool.close();
      rmSync(folder, { recursive: true });
    },
    timeoutMs,
  );

  test.skipIf(bin === undefined)(
    'on postgres, which restarts meanwhile, neither',
    async () => {
      vi.stubEnv('RUNCTL_EGRESS_ALLOW', '127.0.0.0/8');
      vi.stubEnv('RUNCTL_LOG_LEVEL', 'error');
      const postgres: PostgresServer = await startPostgres(bin ?? '');
      const databaseUrl = postgres.createDatabase();
      const tool = await startToolServer(30);
      const start = (...args: string[]) => startCommand(args[0] ?? '', '--database-url', databaseUrl, ...args.slice(1));
      const serveArguments = ['serve', '--host', '127.0.0.1', '--slots', '0', '--port'];
      let serve: Promise<CommandProcess> = start(...serveArguments, '0');
      const { firstLine } = await serve;
      const [baseUrl = ''] = /http:[^\s,]+/.exec(firstLine) ?? [];
      const [apiKey = ''] = /rctl_\w{32}/.exec(firstLine) ?? [];
      const workers = await Promise.all([1, 2, 3].map(() => start('worker')));
      const stage = () => new Runctl({ apiKey, baseUrl, retries: 0 });
      await listenInVain(stage());
      const agentId = await castStory(stage(), tool.url);
      await countTasks({ databaseUrl });
      const answers = await soak(stage, agentId, async (random) => {
        const dice = random();
        if (dice < 0.15) return postgres.restart();
        if (dice < 0.35) {
          await (await serve).kill();
          serve = start(...serveArguments, new URL(baseUrl).port);
          return void (await serve);
        }
        const index = Math.floor(random() * workers.length);
        await workers[index]?.kill();
        workers[index] = await start('worker');
      });
      await expectEnds(stage, answers, { databaseUrl });
      await Promise.all([await serve, ...workers].map((each) => each.kill()));
      await tool.close();
      await postgres.stop();
      vi.unstubAllEnvs();
    },
    timeoutMs,
  );
});
