import type { JsonValue } from '@runctl/core';
import type { WorkflowStepDefinition } from '@runctl/workflows';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance } from './advance.ts';
import { afterwards } from './joined-advances.ts';
import { type Executable, planOf } from './plan.ts';
import type { StepState } from './step-state.ts';
import type { Advanced, ChildOutcome, WorkflowNews, WorkflowNow } from './workflow-now.ts';

/** A workflow in memory, moved on by news alone. */
class Trial {
  readonly open = new Map<string, string>();
  readonly cancelled: string[] = [];
  #workflow: WorkflowNow;
  #ids = 0;
  now = 1_000;
  last: Advanced;

  constructor(definition: Partial<Executable> & Pick<Executable, 'pattern' | 'steps'>, input = {}) {
    const plan = planOf({ output: null, timeoutSeconds: 10_000, ...definition });
    this.#workflow = { plan, status: 'queued', input, depth: 0, startedAt: null, steps: [] };
    this.last = this.tell({});
  }

  tell(news: WorkflowNews): Advanced {
    const advanced = advance(this.#workflow, news, {
      now: this.now,
      newId: (prefix) => {
        this.#ids += 1;
        return `${prefix}_${this.#ids}`;
      },
    });
    const steps = afterwards(this.#workflow.steps, advanced);
    this.#workflow = { ...this.#workflow, steps, status: advanced.status, startedAt: advanced.startedAt };
    for (const { id } of news.outcomes ?? []) this.open.delete(id);
    for (const { taskId, key } of advanced.tasks) this.open.set(taskId, key);
    for (const id of advanced.cancelledTasks) {
      this.open.delete(id);
      this.cancelled.push(id);
    }
    this.last = advanced;
    return advanced;
  }

  /** Ends the tasks of steps. */
  end(outcome: (key: string) => JsonValue | Error, ...keys: string[]): Advanced {
    const outcomes = [...this.open].flatMap(([id, key]): ChildOutcome[] => {
      if (!keys.includes(key)) return [];
      const output = outcome(key);
      if (!(output instanceof Error)) return [{ id, status: 'completed', output, error: null }];
      return [{ id, status: 'failed', output: null, error: { code: 'broken', message: output.message } }];
    });
    return this.tell({ outcomes });
  }

  get keys(): string[] {
    return [...this.open.values()].sort();
  }

  get steps(): Record<string, StepState['status']> {
    return Object.fromEntries(this.#workflow.steps.map(({ key, status }) => [key, status]));
  }

  /** All that can be seen at the end, ids and times left out. */
  get story(): unknown {
    const { status, output } = this.last;
    const steps = this.#workflow.steps.map((step) => [step.key, step.status, step.output, step.error?.code ?? null]);
    return { status, output, steps: steps.sort() };
  }
}

const agent = (stepId: string, more: Partial<WorkflowStepDefinition> = {}): WorkflowStepDefinition =>
  ({ stepId, name: stepId, agentId: 'agt_1', ...more }) as WorkflowStepDefinition;
const done = (key: string) => `${key}!`;
const breaks = () => new Error('broken');

test('in a sequence each step begins when the one before it has ended', () => {
  const trial = new Trial({ pattern: 'sequential', steps: [agent('a'), agent('b')] });
  expect(trial.keys).toEqual(['a']);
  trial.end(done, 'a');
  expect(trial.keys).toEqual(['b']);
  expect(trial.end(done, 'b')).toMatchObject({ status: 'completed', output: 'b!' });
});

test('steps in parallel begin at once, and the output is of each by its id', () => {
  const trial = new Trial({ pattern: 'parallel', steps: [agent('a'), agent('b')] });
  expect(trial.keys).toEqual(['a', 'b']);
  trial.end(done, 'b');
  expect(trial.end(done, 'a').output).toEqual({ a: 'a!', b: 'b!' });
});

test('a diamond joins when both of its sides have ended', () => {
  const trial = new Trial({
    pattern: 'dag',
    steps: [
      agent('d', { dependsOn: ['b', 'c'] }),
      agent('a'),
      agent('b', { dependsOn: ['a'] }),
      agent('c', { dependsOn: ['a'] }),
    ],
  });
  trial.end(done, 'a');
  expect(trial.keys).toEqual(['b', 'c']);
  trial.end(done, 'c');
  expect(trial.keys).toEqual(['b']);
  trial.end(done, 'b');
  expect(trial.keys).toEqual(['d']);
});

test('of the branches of a condition those run whose condition holds, and what joins them runs after', () => {
  const trial = new Trial({
    pattern: 'conditional',
    steps: [
      agent('classify'),
      agent('urgent', { when: 'steps.classify.output == "urgent"' }),
      agent('normal', { when: 'steps.classify.output != "urgent"' }),
      agent('file'),
    ],
  });
  trial.end(() => 'urgent', 'classify');
  expect(trial.keys).toEqual(['urgent']);
  expect(trial.steps).toMatchObject({ normal: 'skipped', file: 'pending' });
  trial.end(done, 'urgent');
  expect(trial.keys).toEqual(['file']);
});

test('a step that fails fails the workflow and cancels what still runs', () => {
  const trial = new Trial({ pattern: 'parallel', steps: [agent('a'), agent('b'), agent('c')] });
  const { status, error } = trial.end(breaks, 'b');
  expect({ status, error }).toEqual({ status: 'failed', error: { code: 'broken', message: 'broken', stepId: 'b' } });
  expect(trial.steps).toEqual({ a: 'cancelled', b: 'failed', c: 'cancelled' });
  expect(trial.cancelled).toEqual(['tsk_1', 'tsk_3']);
});

test.each([
  ['continue', 'failed'],
  ['skip', 'skipped'],
] as const)('a step that fails with onError %s is %s, and the next one runs', (onError, status) => {
  const trial = new Trial({
    pattern: 'sequential',
    steps: [agent('a', { onError }), agent('b', { input: '{{steps.a.output}}' })],
  });
  expect(trial.end(breaks, 'a').tasks).toMatchObject([{ key: 'b', payload: { input: null } }]);
  expect(trial.steps).toMatchObject({ a: status });
});

test('a step is tried again after a wait that grows, as often as it may be', () => {
  const steps = [agent('a', { retry: { maxAttempts: 3, backoffSeconds: 10, factor: 3 } })];
  const trial = new Trial({ pattern: 'sequential', steps });
  expect(trial.end(breaks, 'a')).toMatchObject({ status: 'waiting', dueAt: 11_000 });
  trial.now = 10_999;
  expect(trial.tell({}).tasks).toEqual([]);
  trial.now = 11_000;
  expect(trial.tell({}).tasks).toHaveLength(1);
  expect(trial.end(breaks, 'a')).toMatchObject({ dueAt: 41_000 });
  trial.now = 41_000;
  trial.tell({});
  expect(trial.end(breaks, 'a')).toMatchObject({ status: 'failed' });
});

test('a step that takes too long is cancelled and fails', () => {
  const trial = new Trial({ pattern: 'sequential', steps: [agent('a', { timeoutSeconds: 5 })] });
  expect(trial.last.dueAt).toBe(6_000);
  trial.now = 6_000;
  expect(trial.tell({})).toMatchObject({ status: 'failed', error: { code: 'timeout' }, cancelledTasks: ['tsk_1'] });
});

test('a workflow that takes too long fails, and what runs is cancelled', () => {
  const trial = new Trial({ pattern: 'sequential', steps: [agent('a'), agent('b')], timeoutSeconds: 60 });
  trial.now = 61_000;
  expect(trial.tell({})).toMatchObject({ status: 'failed', error: { code: 'timeout', stepId: null } });
  expect(trial.steps).toEqual({ a: 'cancelled', b: 'cancelled' });
});

test('a loop turns until its condition holds, each turn knowing what came of the one before', () => {
  const body = [agent('draft', { input: { turn: '{{turn}}', previous: '{{previous}}' } })];
  const trial = new Trial({
    pattern: 'loop',
    steps: [{ stepId: 'refine', name: 'Refine', type: 'loop', steps: body, until: 'steps.draft.output.score >= 0.8' }],
  });
  expect(trial.last.tasks).toMatchObject([{ payload: { turn: 1, previous: null } }]);
  expect(trial.end(() => ({ score: 0.5 }), 'refine[0].draft').tasks).toMatchObject([
    { key: 'refine[1].draft', payload: { turn: 2, previous: { score: 0.5 } } },
  ]);
  expect(trial.end(() => ({ score: 0.9 }), 'refine[1].draft')).toMatchObject({
    status: 'completed',
    output: { score: 0.9 },
  });
});

test('a loop ends after its last turn, with what that came to', () => {
  const trial = new Trial({
    pattern: 'loop',
    steps: [{ stepId: 'l', name: 'l', type: 'loop', steps: [agent('a')], until: 'false', maxIterations: 2 }],
  });
  trial.end(done, 'l[0].a');
  expect(trial.end(done, 'l[1].a')).toMatchObject({ status: 'completed', output: 'l[1].a!' });
});

test('a map does so many items at once, and its output is in the order of the items', () => {
  const trial = new Trial(
    {
      pattern: 'map',
      steps: [
        {
          stepId: 'm',
          name: 'm',
          type: 'map',
          over: 'input.items',
          maxConcurrency: 2,
          steps: [agent('a', { input: { of: '{{item}}', at: '{{index}}' } })],
        },
      ],
    },
    { items: ['x', 'y', 'z'] },
  );
  expect(trial.last.tasks.map(({ payload }) => payload)).toEqual([
    { of: 'x', at: 0 },
    { of: 'y', at: 1 },
  ]);
  trial.end(done, 'm[1].a');
  expect(trial.keys).toEqual(['m[0].a', 'm[2].a']);
  expect(trial.end(done, 'm[0].a', 'm[2].a').output).toEqual(['m[0].a!', 'm[1].a!', 'm[2].a!']);
});

test('a map over what is no list, or over too much, fails and says so', () => {
  const steps: WorkflowStepDefinition[] = [
    { stepId: 'm', name: 'm', type: 'map', over: 'input.items', steps: [agent('a')] },
  ];
  expect(new Trial({ pattern: 'map', steps }).last.error).toMatchObject({ code: 'map_not_a_list', stepId: 'm' });
  const items = Array.from({ length: 1_001 }, () => 1);
  expect(new Trial({ pattern: 'map', steps }, { items }).last.error).toMatchObject({ code: 'map_too_large' });
});

test('an item that fails ends the map, which is tried again as a whole', () => {
  const trial = new Trial(
    {
      pattern: 'map',
      steps: [
        { stepId: 'm', name: 'm', type: 'map', over: 'input.items', steps: [agent('a')], retry: { maxAttempts: 2 } },
      ],
    },
    { items: [1, 2] },
  );
  expect(trial.end(breaks, 'm[0].a')).toMatchObject({ status: 'waiting', removed: ['m[0].a', 'm[1].a'] });
  expect(trial.cancelled).toEqual(['tsk_2']);
  trial.now = 2_000;
  trial.tell({});
  expect(trial.keys).toEqual(['m[0].a', 'm[1].a']);
});

test('a condition that cannot be looked at fails its step with the reason', () => {
  const trial = new Trial({ pattern: 'sequential', steps: [agent('a', { when: 'input.missing > 1' })] });
  expect(trial.last.error).toEqual({ code: 'condition_failed', message: 'No such key: missing', stepId: 'a' });
});

test('whoever waits for a person waits, and goes on as the person says', () => {
  const steps: WorkflowStepDefinition[] = [
    { stepId: 'ok', name: 'ok', type: 'approval', prompt: 'Publish {{input.title}}?' },
    agent('publish'),
  ];
  const trial = new Trial({ pattern: 'sequential', steps }, { title: 'It' });
  expect(trial.last).toMatchObject({ status: 'waiting', currentStepIds: ['ok'] });
  expect(trial.last.changed[0]?.input ?? trial.last.changed.at(-1)?.input).toEqual({ prompt: 'Publish It?' });
  trial.tell({ decision: { key: 'ok', approved: true, output: { approved: true } } });
  expect(trial.keys).toEqual(['publish']);
  const other = new Trial({ pattern: 'sequential', steps });
  expect(other.tell({ decision: { key: 'ok', approved: false, reason: 'No.' } }).error).toEqual({
    code: 'rejected',
    message: 'No.',
    stepId: 'ok',
  });
});

/** Graphs of every shape: each step depends on some before it. */
const anyDefinition = fc
  .array(
    fc.record({
      before: fc.array(fc.nat(), { maxLength: 3 }),
      kind: fc.constantFrom('agent', 'agent', 'agent', 'map', 'loop', 'transform', 'skipped'),
      onError: fc.constantFrom('fail', 'continue', 'skip'),
      fails: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shapes) => {
    const steps = shapes.map(({ before, kind, onError }, index): WorkflowStepDefinition => {
      const dependsOn = index === 0 ? [] : [...new Set(before.map((at) => `s${at % index}`))];
      const common = { stepId: `s${index}`, name: 's', dependsOn, onError } as const;
      if (kind === 'map') {
        return {
          ...common,
          type: 'map',
          over: 'input.items',
          maxConcurrency: 2,
          steps: [agent(`in${index}`, { onError })],
        };
      }
      if (kind === 'loop') {
        return { ...common, type: 'loop', until: 'turn >= 2', steps: [agent(`in${index}`, { onError })] };
      }
      if (kind === 'transform') return { ...common, type: 'transform', output: { sum: '{{input.items}}' } };
      return agent(common.stepId, { ...common, ...(kind === 'skipped' ? { when: 'false' } : {}) });
    });
    const failing = new Set(
      shapes.flatMap(({ fails, onError }, index) => (fails && onError !== 'fail' ? [`s${index}`, `in${index}`] : [])),
    );
    return { steps, failing };
  });

test('in whatever order tasks end, a workflow ends the same, and to look twice changes nothing', () => {
  fc.assert(
    fc.property(anyDefinition, fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), ({ steps, failing }, choices) => {
      const outcome = (key: string) => (failing.has(key.split('.').at(-1) ?? '') ? new Error('broken') : done(key));
      const run = (choose: (open: string[], turn: number) => string[]) => {
        const trial = new Trial({ pattern: 'dag', steps }, { items: [1, 2, 3] });
        for (let turn = 0; trial.open.size > 0; turn += 1) {
          trial.end(outcome, ...choose(trial.keys, turn));
          const again = trial.tell({});
          expect(again).toMatchObject({ changed: [], removed: [], tasks: [], cancelledTasks: [] });
        }
        return trial.story;
      };
      const all = run((open) => open);
      const oneByOne = run((open, turn) => [open[(choices[turn % choices.length] ?? 0) % open.length] ?? '']);
      expect(oneByOne).toMatchObject({ steps: (all as { steps: unknown }).steps });
      expect(
        (all as { steps: [string, string][] }).steps.every(
          ([, status]) => status !== 'pending' && status !== 'running',
        ),
      ).toBe(true);
    }),
    { numRuns: 150 },
  );
});
