import type { JsonValue } from '@runctl/core';
import type { Task, TaskError, TraceStep } from '@runctl/tasks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ComparedTask, compareTraces } from './compare-traces.ts';

const failure: TaskError = { code: 'tool_error', message: 'Out of order.', step: null, retryable: false };
const noUsage = { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 5, reasoningTokens: 0 };

/** A step, before it has its place. */
type Move = Pick<TraceStep, 'kind' | 'name' | 'input' | 'output' | 'error'>;

function asks(output: JsonValue): Move {
  return { kind: 'model', name: 'some-model', input: null, output, error: null };
}

function calls(name: string, input: JsonValue, output: JsonValue, error: TaskError | null = null): Move {
  return { kind: 'tool', name, input, output, error };
}

function wants(name: string, args: JsonValue, callId = 'call_1'): Move {
  return asks({ text: '', toolCalls: [{ callId, name, arguments: args }] });
}

function compared(
  id: string,
  moves: readonly Move[],
  change: { shared?: ComparedTask; prompt?: string } = {},
): ComparedTask {
  const inherited = change.shared?.steps ?? [];
  const own = moves.map((move, index): TraceStep => {
    const isModel = move.kind === 'model';
    return {
      ...move,
      taskId: id as TraceStep['taskId'],
      step: inherited.length + index + 1,
      status: move.error === null ? 'completed' : 'failed',
      inherited: false,
      model: isModel ? { provider: 'p', model: move.name, finishReason: 'stop', simulated: false } : null,
      tool: isModel ? null : { name: move.name, callId: `${id}-${index}`, replayed: false },
      childTaskId: null,
      usage: isModel ? { ...noUsage, costUsd: 0.000_1 } : null,
      startedAt: '2026-01-01T00:00:00.000Z',
      finishedAt: '2026-01-01T00:00:00.010Z',
      durationMs: 10,
    };
  });
  const steps = [...inherited, ...own];
  const result = steps.at(-1)?.output ?? null;
  const task = { id, result, error: null, finishedAt: '2026-01-01T00:00:01.000Z' } as unknown as Task;
  const { prompt = 'What?' } = change;
  const messages = [{ role: 'user' as const, content: prompt }];
  const state = {
    prompt,
    systemPrompt: '',
    messages,
    memory: {},
    modelProvider: 'p',
    model: 'm',
    approvals: {},
    loop: null,
  };
  return { task, steps, state };
}

/** The first divergence of two traces, and how their steps line up. */
function compareMoves(base: readonly Move[], other: readonly Move[]) {
  const { firstDivergence, steps, divergences } = compareTraces(compared('a', base), compared('b', other));
  return { firstDivergence, ops: steps.map(({ op }) => op), kinds: divergences.map(({ kind }) => kind) };
}

const anyMove = fc.oneof(
  fc.constantFrom('x', 'y', 'z').map(asks),
  fc.tuple(fc.constantFrom('add', 'find'), fc.integer({ min: 0, max: 2 })).map(([name, n]) => wants(name, { n })),
  fc
    .tuple(fc.constantFrom('add', 'find'), fc.integer({ min: 0, max: 2 }), fc.constantFrom(null, 1, 2))
    .map(([name, n, output]) => calls(name, { n }, output, output === null ? failure : null)),
);
const anyTrace = fc.array(anyMove, { maxLength: 15 });

describe('the comparison of any two traces', () => {
  it('finds a trace identical to itself, also where another task executed it', () => {
    fc.assert(
      fc.property(anyTrace, (moves) => {
        for (const other of ['a', 'b']) {
          const comparison = compareTraces(compared('a', moves), compared(other, moves));
          expect(comparison).toMatchObject({ identical: true, firstDivergence: null, divergences: [] });
          expect(comparison.steps.every(({ op, baseStep, otherStep }) => op === 'same' && baseStep === otherStep)).toBe(
            true,
          );
          expect(comparison.deltas).toEqual({ steps: 0, tokens: 0, costUsd: 0, durationMs: 0 });
        }
      }),
    );
  });

  it('covers every step of both once, in order', () => {
    fc.assert(
      fc.property(anyTrace, anyTrace, (base, other) => {
        const { steps } = compareTraces(compared('a', base), compared('b', other));
        const numbers = (length: number) => Array.from({ length }, (_, index) => index + 1);
        expect(steps.flatMap(({ baseStep }) => baseStep ?? [])).toEqual(numbers(base.length));
        expect(steps.flatMap(({ otherStep }) => otherStep ?? [])).toEqual(numbers(other.length));
        for (const { op, baseStep, otherStep } of steps) {
          expect([op === 'added', op === 'removed']).toEqual([baseStep === null, otherStep === null]);
        }
      }),
    );
  });

  it('is the same from both sides, with added and removed changed over', () => {
    fc.assert(
      fc.property(anyTrace, anyTrace, (base, other) => {
        const there = compareTraces(compared('a', base), compared('b', other));
        const back = compareTraces(compared('b', other), compared('a', base));
        const count = ({ steps }: typeof there, wanted: string) => steps.filter(({ op }) => op === wanted).length;
        const counts = (comparison: typeof there, ops: string[]) => ops.map((op) => count(comparison, op));
        expect(counts(there, ['same', 'changed', 'added', 'removed'])).toEqual(
          counts(back, ['same', 'changed', 'removed', 'added']),
        );
        expect(there.identical).toBe(back.identical);
        expect(there.divergences).toHaveLength(back.divergences.length);
        expect(there.deltas.tokens + back.deltas.tokens).toBe(0);
        expect((there.deltas.costUsd ?? 0) + (back.deltas.costUsd ?? 0)).toBe(0);
      }),
    );
  });

  it('says of each step that is not the same what differs, and of the same nothing', () => {
    fc.assert(
      fc.property(anyTrace, anyTrace, (base, other) => {
        const { steps, divergences } = compareTraces(compared('a', base), compared('b', other));
        for (const { op, baseStep, otherStep } of steps) {
          const told = divergences.filter((each) => each.baseStep === baseStep && each.otherStep === otherStep);
          expect(told.length > 0).toBe(op !== 'same');
        }
      }),
    );
  });

  it('points at what really stands in the steps', () => {
    fc.assert(
      fc.property(anyTrace, anyTrace, (base, other) => {
        const [baseTask, otherTask] = [compared('a', base), compared('b', other)];
        for (const divergence of compareTraces(baseTask, otherTask).divergences) {
          if (divergence.kind === 'result') continue;
          expect(read(baseTask, divergence.baseStep, divergence.pointer)).toEqual(divergence.base);
          expect(read(otherTask, divergence.otherStep, divergence.pointer)).toEqual(divergence.other);
        }
      }),
    );
  });

  it('takes two long traces that have little in common within memory for one table', () => {
    const long = (seed: number) => Array.from({ length: 3_000 }, (_, index) => asks(`${(index * seed) % 1_013}`));
    const { steps } = compareTraces(compared('a', long(7)), compared('b', long(11)));
    expect(steps.flatMap(({ baseStep }) => baseStep ?? [])).toHaveLength(3_000);
    expect(steps.flatMap(({ otherStep }) => otherStep ?? [])).toHaveLength(3_000);
  });
});

function read({ steps }: ComparedTask, step: number | null, pointer: string): unknown {
  const root: unknown = step === null ? null : steps[step - 1];
  const tokens = pointer.split('/').slice(1);
  return tokens.reduce((value: unknown, token) => (value as Record<string, unknown> | null)?.[token], root) ?? null;
}

describe('a divergence names', () => {
  it('another choice of tool, where the model made it', () => {
    const base = [wants('add', { a: 1 }), calls('add', { a: 1 }, 1), asks('1')];
    const other = [wants('find', { a: 1 }), calls('find', { a: 1 }, 1), asks('1')];
    const { firstDivergence, ops, kinds } = compareMoves(base, other);
    expect(firstDivergence).toEqual({
      baseStep: 1,
      otherStep: 1,
      kind: 'tool_choice',
      pointer: '/output/toolCalls/0/name',
      base: 'add',
      other: 'find',
    });
    expect(ops).toEqual(['changed', 'changed', 'same']);
    expect(kinds).toEqual(['tool_choice', 'tool_choice']);
  });

  it('other arguments, as deep as they differ', () => {
    const base = [wants('add', { a: { b: [1, 2], 'c/d': 1 } })];
    const other = [wants('add', { a: { b: [1, 3], 'c/d': 2 } })];
    const { divergences } = compareTraces(compared('a', base), compared('b', other));
    expect(divergences.filter(({ kind }) => kind === 'tool_arguments')).toMatchObject([
      { pointer: '/output/toolCalls/0/arguments/a/b/1', base: 2, other: 3 },
      { pointer: '/output/toolCalls/0/arguments/a/c~1d', base: 1, other: 2 },
    ]);
  });

  it('another result of the same call', () => {
    const { firstDivergence, ops } = compareMoves([calls('find', {}, { n: 1 })], [calls('find', {}, { n: 2 })]);
    expect(firstDivergence).toMatchObject({ kind: 'tool_result', pointer: '/output/n', base: 1, other: 2 });
    expect(ops).toEqual(['changed']);
  });

  it('another text of the model, and then another result of the task', () => {
    const { kinds, firstDivergence } = compareMoves([asks('Yes.')], [asks('No.')]);
    expect(firstDivergence).toMatchObject({ kind: 'model_output', pointer: '/output', base: 'Yes.', other: 'No.' });
    expect(kinds).toEqual(['model_output', 'result']);
  });

  it('a call that failed on one side alone', () => {
    const { firstDivergence } = compareMoves([calls('find', {}, 1)], [calls('find', {}, null, failure)]);
    expect(firstDivergence).toMatchObject({
      kind: 'error',
      pointer: '/error',
      base: null,
      other: { code: 'tool_error' },
    });
  });

  it('steps that one side has alone, and finds what follows them again', () => {
    const [ask, call, answer] = [wants('add', { a: 1 }), calls('add', { a: 1 }, 1), asks('Done.')];
    const detour = [wants('find', {}), calls('find', {}, 7)];
    const { ops, kinds, firstDivergence } = compareMoves([ask, call, answer], [ask, call, ...detour, answer]);
    expect(ops).toEqual(['same', 'same', 'added', 'added', 'same']);
    expect(kinds).toEqual(['added', 'added']);
    expect(firstDivergence).toMatchObject({ baseStep: null, otherStep: 3, pointer: '/name', other: 'some-model' });
  });

  it('nothing where only the ids of calls, the order of keys or the time differ', () => {
    const { kinds } = compareMoves([wants('add', { a: 1, b: 2 })], [wants('add', { b: 2, a: 1 }, 'call_9')]);
    expect(kinds.filter((kind) => kind !== 'result')).toEqual([]);
  });

  it('what was asked first of all, and the shared ancestry before it', () => {
    const source = compared('a', [wants('add', {}), calls('add', {}, 1)]);
    const [base, other] = [[asks('Yes.')], [asks('No.')]];
    const comparison = compareTraces(
      compared('a', base, { shared: source }),
      compared('b', other, { shared: source, prompt: 'Why?' }),
    );
    expect(comparison.commonAncestor).toEqual({ taskId: 'a', step: 2 });
    expect(comparison.firstDivergence).toEqual({
      baseStep: 3,
      otherStep: 3,
      kind: 'input',
      pointer: '/snapshot/prompt',
      base: 'What?',
      other: 'Why?',
    });
    expect(comparison.steps.map(({ op }) => op)).toEqual(['same', 'same', 'changed']);
  });
});
