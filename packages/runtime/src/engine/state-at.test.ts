import type { TaskSnapshot } from '@runctl/tasks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loops } from '../loops/loops.ts';
import { type Rule, RunningTenant } from '../services/running-tenant.test-rig.ts';
import { readTaskConfig } from '../services/traces/task-config.ts';
import type { TaskRow } from '../store/schema.ts';
import { resumePoint } from './state-at.ts';

const call = (name: string, args: Record<string, string | number>) => ({ toolCalls: [{ name, arguments: args }] });
/** model, calculator, model, memory, model, breakdown, model, and a repair: eight steps of every kind. */
const rules: Rule[] = [
  { when: { text: 'sum' }, reply: call('calculator', { a: 2, b: 3 }) },
  { when: { tool: 'calculator' }, reply: call('memory', { key: 'sum', value: 5 }) },
  { when: { tool: 'memory' }, reply: call('breakdown', {}) },
  { when: { tool: 'breakdown' }, reply: { text: 'five' } },
  { when: { text: 'does not fit' }, reply: { text: '5' } },
];

let tenant: RunningTenant;
beforeAll(async () => {
  tenant = await RunningTenant.start();
});
afterAll(() => tenant.close());

/** Takes a finished task back to the moment after `last` was committed, when its worker was lost. */
async function cutAfter(taskId: string, last: number): Promise<TaskRow> {
  await tenant.store.write(({ query }) =>
    query.deleteFrom('steps').where('task_id', '=', taskId).where('step', '>', last).execute(),
  );
  const task = await tenant.scope.tasks().selectAll().where('id', '=', taskId).executeTakeFirstOrThrow();
  return { ...task, epoch: 2 };
}

it('a task goes on after its last committed step, whichever it is, from the state that the next step recorded', async () => {
  const agent = await tenant.agent(rules);
  const source = await tenant.run(agent, { message: 'The sum?' }, { outputSchema: { type: 'number' } });
  const forked = await tenant.forkAndRun(source.id, { step: 3, sideEffects: 'execute' });
  for (const [taskId, before] of [
    [forked.id, 2],
    [source.id, 0],
  ] as const) {
    const snapshots = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) => tenant.traces.getSnapshot(tenant.scope, taskId, step)),
    );
    for (let last = 8; last >= before; last -= 1) {
      const task = await cutAfter(taskId, last);
      const { config } = await readTaskConfig(tenant.scope, task);
      const { state, nextStep } = await resumePoint(tenant.store.query, loops, task, config);
      const { loop: _, approvals: __, ...resumed } = state;
      expect(nextStep).toBe(last + 1);
      expect({ ...resumed, taskId, step: nextStep }).toEqual(snapshots[last] satisfies TaskSnapshot | undefined);
    }
  }
});
