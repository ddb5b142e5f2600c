import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CodeJob, runCodeJob } from './code-job.ts';
import { codeJobRunner } from './code-thread.ts';

const folder = mkdtempSync(join(tmpdir(), 'runctl-thread-'));
const entry = pathToFileURL(join(folder, 'entry.mjs'));
const { signal } = new AbortController();

/** A thread loads JavaScript alone, so the sources of its entry are built first, as they are for a release. */
beforeAll(() =>
  build({
    entryPoints: [fileURLToPath(new URL('./code-thread-entry.ts', import.meta.url))],
    outfile: fileURLToPath(entry),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

/** An entry whose jobs go as the text of the source says. */
function toyEntry(): URL {
  const file = join(folder, 'toy.mjs');
  writeFileSync(
    file,
    `import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', ({ input: { code } }) => {
      if (code === 'crash') throw new RangeError('no more');
      if (code === 'exit') process.exit(3);
      if (code === 'hang') for (;;);
      if (code === 'grow') for (const all = []; ; ) all.push(new Array(100000).fill(all.length));
      parentPort.postMessage({ code, threadId, environment: Object.keys(process.env) });
    });`,
  );
  return pathToFileURL(file);
}
const job = (code: string): CodeJob => ({ kind: 'analysis', input: { code, hint: {} } });

/** About 90 kB that take a parser a while. */
const longSource = Array.from({ length: 900 }, (_, at) => {
  return `export function f${at}(a, b) { if (a && b || eval(a)) { return [a, ...b].map((x) => x ?? ${at}); } return { a, b }; }`;
}).join('\n');

/** How often the event loop turned until the work was done. */
async function turnsUntil(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  isDone = true;
  return turns;
}

describe('a source text that is read in a thread', () => {
  it.each(['analysis', 'scan'] as const)('has the same report as on the spot: %s', async (kind) => {
    const run = codeJobRunner(entry);
    for (const code of ['eval(a);', 'let b = ;', "const key = 'AKIAIOSFODNN7EXAMPLE';"]) {
      const one: CodeJob = { kind, input: { code, hint: { language: 'javascript' } } };
      expect(await run(one, signal)).toEqual(await runCodeJob(one));
    }
  });

  it('holds nobody else up', async () => {
    const one: CodeJob = { kind: 'analysis', input: { code: longSource, hint: { language: 'javascript' } } };
    const run = codeJobRunner(entry);
    await run(job('1'), signal);
    const inThread = await turnsUntil(run(one, signal));
    const onTheSpot = await turnsUntil(runCodeJob(one));
    expect(inThread).toBeGreaterThan(onTheSpot * 5);
  });

  it('cannot take the process along, nor the texts after it', async () => {
    const run = codeJobRunner(toyEntry(), { jobMs: 2_500, heapMB: 32 });
    const ends = await Promise.allSettled(
      ['a', 'crash', 'b', 'exit', 'c', 'hang', 'd', 'grow', 'e'].map((code) => run(job(code), signal)),
    );
    const told = ends.map((end) => (end.status === 'fulfilled' ? end.value.code : end.reason));
    expect(told.map((each) => (typeof each === 'string' ? each : `${each.code} ${each.message}`))).toEqual([
      'a',
      expect.stringMatching(/^tool_error .*broke the thread: no more/),
      'b',
      expect.stringMatching(/^tool_error .*ended the thread/),
      'c',
      expect.stringMatching(/^tool_error .*longer than 2500 ms/),
      'd',
      expect.stringMatching(/^tool_error .*(memory|longer than)/),
      'e',
    ]);
  });

  it('sees nothing of the environment', async () => {
    expect(await codeJobRunner(toyEntry())(job('a'), signal)).toMatchObject({ environment: [] });
  });

  it('is refused where too many wait', async () => {
    const run = codeJobRunner(toyEntry(), { waiting: 2 });
    const ends = await Promise.allSettled(['a', 'b', 'c', 'd'].map((code) => run(job(code), signal)));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(ends[3]).toMatchObject({ reason: { code: 'tool_overloaded' } });
  });

  it('is left at once when the task is cancelled, in its turn or before', async () => {
    const run = codeJobRunner(toyEntry(), { jobMs: 2_500 });
    const controller = new AbortController();
    const pending = ['hang', 'a'].map((code) => run(job(code), controller.signal));
    controller.abort(new RangeError('cancelled'));
    for (const each of pending) await expect(each).rejects.toThrow('cancelled');
    expect(await run(job('b'), signal)).toMatchObject({ code: 'b' });
  });

  it('shares its thread with the next one, until nothing came for a while', async () => {
    const run = codeJobRunner(toyEntry(), { idleMs: 50 });
    const first = await run(job('a'), signal);
    expect((await run(job('b'), signal)).threadId).toBe(first.threadId);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await run(job('c'), signal)).threadId).not.toBe(first.threadId);
  });
});
