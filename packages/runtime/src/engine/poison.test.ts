import type { JsonObject, JsonValue } from '@runctl/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type EngineAtWork, type EngineParts, startEngine } from './engine.test-rig.ts';
import { ToolGrace } from './tool-grace.ts';

let engine: EngineAtWork | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await engine?.close();
  engine = undefined;
});

const rules = [
  { when: { step: 1 }, reply: { toolCalls: [{ name: 'dig', arguments: {} }] } },
  { when: { tool: 'dig' }, reply: { text: 'done' } },
];

async function start(parts: EngineParts, own: readonly JsonObject[] = rules): Promise<EngineAtWork> {
  engine = await startEngine(own, parts);
  return engine;
}

async function messagesOf({ store }: EngineAtWork): Promise<JsonValue[]> {
  const rows = await store.query.selectFrom('contents').select('body').execute();
  return rows.map(({ body }) => JSON.parse(body).content as JsonValue);
}

const mebibyte = 1_048_576;

describe('an answer that is too large', () => {
  test.each<[string, JsonValue]>([
    ['text', 'x'.repeat(3 * mebibyte)],
    ['JSON', Array.from({ length: 300_000 }, (_, index) => `item ${index}`)],
  ])('of a tool, as %s, is cut with a marker: more in the trace, less in the conversation', async (_what, result) => {
    const at = await start({ run: async () => ({ result }) });
    await at.queue();
    expect(await at.task('completed', 'failed')).toMatchObject({ status: 'completed' });
    const output = JSON.parse((await at.steps())[1]?.output ?? 'null') as string;
    expect(output.length).toBeLessThan(mebibyte + 100);
    expect(output).toMatch(/\n\[cut: \d+ more characters\]$/);
    const told = (await messagesOf(at)).find((content) => JSON.stringify(content).includes('"name":"dig","result"'));
    expect(JSON.stringify(told).length).toBeLessThan(600_000);
    expect(JSON.stringify(told)).toContain('[cut: ');
  });

  test('of a model is cut too, and so are calls with arguments beyond all measure', async () => {
    const long = [{ when: {}, reply: { text: 'y'.repeat(2 * mebibyte) } }];
    const at = await start({}, long);
    await at.queue();
    const { result } = await at.task('completed');
    expect(JSON.parse(result ?? '')).toMatch(/^y{262144}\n\[cut: \d+ more characters\]$/);
    await at.close();

    const calls: unknown[] = [];
    const run: EngineParts['run'] = async (call) => {
      calls.push(call);
      return { result: 1 };
    };
    const greedy = [
      { when: { step: 1 }, reply: { toolCalls: [{ name: 'dig', arguments: { at: 'z'.repeat(300_000) } }] } },
      { when: { tool: 'dig' }, reply: { text: 'done' } },
    ];
    const other = await start({ run }, greedy);
    await other.queue();
    await other.task('completed');
    expect(calls).toMatchObject([{ arguments: {}, problem: expect.stringContaining('262144') }]);
  });

  test('that nests deeper than it can be written is an error of the tool', async () => {
    let result: JsonValue = 1;
    for (let depth = 0; depth < 200_000; depth += 1) result = [result];
    const at = await start({ run: async () => ({ result }) });
    await at.queue();
    await at.task('completed');
    expect(JSON.parse((await at.steps())[1]?.error ?? '{}')).toMatchObject({ code: 'tool_error' });
  });
});

describe('a tool that never ends', () => {
  const never: EngineParts['run'] = () => new Promise(() => undefined);

  test('ends with the timeout of its task', async () => {
    const at = await start({ run: never });
    await at.queue({ timeout_seconds: 0.1 as never });
    expect(JSON.parse((await at.task('failed')).error ?? '{}')).toMatchObject({ code: 'timeout', step: 2 });
  });

  test('keeps nobody waiting at shutdown', async () => {
    const at = await start({ run: never });
    await at.queue();
    await at.task('running');
    const startedAt = performance.now();
    await at.close();
    engine = undefined;
    // Not even for as long as the tool of a cancelled task may take to finish.
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });
});

describe('a cancelled task', () => {
  test('lets its tool finish for five seconds, and then ends it', async () => {
    vi.useFakeTimers();
    const run = new AbortController();
    const grace = new ToolGrace(run.signal);
    const work = grace.within(new Promise(() => undefined)).catch((reason: unknown) => reason);
    run.abort('cancelled');
    await vi.advanceTimersByTimeAsync(4_999);
    expect(grace.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(grace.signal.aborted).toBe(true);
    expect(await work).toBe('cancelled');
    grace.close();
  });

  test('ends the request of the model at once, and records no step after it', async () => {
    let aborted = 0;
    const models: EngineParts['models'] = {
      checkProvider: () => null,
      call: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1;
            reject(signal.reason);
          });
        }),
    };
    const at = await start(models === undefined ? {} : { models });
    await at.queue();
    await at.task('running');
    await at.cancel();
    await expect.poll(() => aborted).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await at.steps()).toEqual([]);
    expect(await at.task('cancelled')).toMatchObject({ status: 'cancelled' });
  });
});
