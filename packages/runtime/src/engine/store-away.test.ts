import { afterEach, describe, expect, it, test } from 'vitest';
import type { StepCommit } from '../store/store.ts';
import { isStoreOutage, storeOutage } from '../store-outage.ts';
import { type EngineAtWork, type EngineParts, startEngine } from './engine.test-rig.ts';

const rules = [
  { when: { step: 1 }, reply: { toolCalls: [{ name: 'book', arguments: {} }] } },
  { when: { tool: 'book' }, reply: { text: 'booked' } },
];

/** An error as a database or its driver makes it. */
function errorWith(code: string): Error {
  return Object.assign(new RangeError(`failed with ${code}`), { code });
}

let engine: EngineAtWork | undefined;
/** The keys that the tool was called with. */
let calls: string[] = [];
afterEach(async () => {
  await engine?.close();
  calls = [];
});

async function start(parts: EngineParts): Promise<EngineAtWork> {
  engine = await startEngine(rules, {
    run: async (_call, _tools, { idempotencyKey }) => {
      calls.push(idempotencyKey);
      return { result: 'ok' };
    },
    sleep: async () => undefined,
    ...parts,
  });
  return engine;
}

describe('while the store is away', () => {
  test('a step is kept and committed when the store is back; nothing runs twice', async () => {
    let failures = 0;
    const { queue, task, steps, errors } = await start({
      commit: async (_commit, pass) => {
        failures += 1;
        if (failures % 3 !== 0) throw errorWith('ECONNREFUSED');
        return pass();
      },
    });
    await queue();
    expect(await task('completed')).toMatchObject({ result: '"booked"', attempt: 1, steps: 3 });
    expect(calls).toEqual(['tsk_1:2']);
    expect((await steps()).map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(errors.length).toBeGreaterThan(4);
  });

  test('a commit whose answer was lost is found, and not made again', async () => {
    const lost = new Set<StepCommit>();
    const { queue, task, steps } = await start({
      commit: async (commit, pass) => {
        const held = await pass();
        if (lost.has(commit)) return held;
        lost.add(commit);
        throw errorWith('57P01');
      },
    });
    await queue();
    expect(await task('completed')).toMatchObject({ result: '"booked"', attempt: 1, steps: 3, model_calls: 2 });
    expect(calls).toEqual(['tsk_1:2']);
    expect(await steps()).toHaveLength(3);
  });

  test('for longer than a lease may last, the task is left and queued again: only the step in flight runs again', async () => {
    let failing = 25;
    const { queue, task } = await start({
      commit: async (commit, pass) => {
        if (commit.step?.kind === 'tool' && failing-- > 0) throw errorWith('08006');
        return pass();
      },
    });
    await queue();
    expect(await task('completed')).toMatchObject({ attempt: 2, losses: 0, steps: 3, result: '"booked"' });
    expect(calls).toEqual(['tsk_1:2', 'tsk_1:2']);
  });
});

test('a commit that can never be taken fails its task, so that it does not run for ever', async () => {
  const { queue, task } = await start({
    commit: async (commit, pass) => {
      if (commit.step?.kind === 'tool') throw errorWith('22P05');
      return pass();
    },
  });
  await queue();
  const failed = await task('failed');
  expect(JSON.parse(failed.error ?? '{}')).toMatchObject({ code: 'internal', retryable: true });
  expect(calls).toEqual(['tsk_1:2']);
});

describe('an error of the store', () => {
  it.each([
    'ECONNREFUSED',
    'EPIPE',
    '08006',
    '57P01',
    '57014',
    '53300',
    '55P03',
    '28P01',
    '40P01',
    'SQLITE_FULL',
    'SQLITE_IOERR_FSYNC',
    'SQLITE_BUSY',
  ])('with the code %s passes', (code) => {
    expect(isStoreOutage(errorWith(code))).toBe(true);
  });

  it.each([
    ...['23505', '22021', '42601', '21000', '25P02', '3D000', '40002', '54000', '55P02', 'P0001', 'XX000'],
    ...['SQLITE_CONSTRAINT_PRIMARYKEY', 'SQLITE_TOOBIG', 'ERR_INVALID_ARG_TYPE'],
  ])('with the code %s stays', (code) => {
    expect(isStoreOutage(errorWith(code))).toBe(false);
  });

  it.each([
    ['25006', 'read_only'],
    ['SQLITE_READONLY', 'read_only'],
    ['53100', 'full'],
    ['SQLITE_FULL', 'full'],
    ['SQLITE_IOERR_WRITE', 'away'],
    ['SQLITE_IOERR_FSYNC', 'damaged'],
    ['SQLITE_CORRUPT_INDEX', 'damaged'],
    ['08006', 'away'],
    ['58030', 'away'],
    ['XX001', 'damaged'],
    ['XX002', 'damaged'],
    ['ENOENT', undefined],
  ])('with the code %s is told as %s', (code, outage) => {
    expect(storeOutage(errorWith(code))).toBe(outage);
  });

  it('of node:sqlite is read from its number, extended or plain', () => {
    const error = (errcode: number) => Object.assign(errorWith('ERR_SQLITE_ERROR'), { errcode });
    expect([1, 2_067, 13, 1_034, 5].map((errcode) => storeOutage(error(errcode)))).toEqual([
      undefined,
      undefined,
      'full',
      'damaged',
      'away',
    ]);
  });

  it.each([
    ['Connection terminated unexpectedly', true],
    ['timeout exceeded when trying to connect', true],
    ['Query read timeout', true],
    ["Cannot read properties of undefined (reading 'connection')", false],
    ['timeout must be a number', false],
  ])("without a code passes only where it is word for word the driver's: %s", (message, passes) => {
    expect(isStoreOutage(new RangeError(message))).toBe(passes);
  });
});
