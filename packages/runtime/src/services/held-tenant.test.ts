import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Rule, RunningTenant } from './running-tenant.test-rig.ts';

const add = (a: number, delayMs: number) => ({ toolCalls: [{ name: 'calculator', arguments: { a, b: 1 } }], delayMs });
/** A second and a half for the first call, then nothing but the end. */
const rules: Rule[] = [
  { when: { text: 'sum' }, reply: add(1, 1_500) },
  { when: { tool: 'calculator' }, reply: { text: 'Done.' } },
];

let tenant: RunningTenant;
beforeAll(async () => {
  tenant = await RunningTenant.start();
});
afterAll(() => tenant.close());

it('a task that runs when its tenant is held waits after its step, and goes on from there when it is let go', async () => {
  const hold = (held: number) =>
    tenant.store.write(async ({ query, wake }) => {
      await query.updateTable('tenants').set({ held }).where('id', '=', tenant.tenantId).execute();
      wake();
    });
  const row = () => tenant.scope.tasks().selectAll().where('id', '=', task.id).executeTakeFirstOrThrow();
  const task = await tenant.create(await tenant.agent(rules), { message: 'The sum?' });
  await expect.poll(async () => (await row()).status).toBe('running');
  await hold(1);
  await expect.poll(async () => (await row()).status).toBe('queued');
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(await row()).toMatchObject({ status: 'queued', steps: 1, error: null });
  await hold(0);
  expect(await tenant.settled(task)).toMatchObject({ status: 'completed', result: 'Done.' });
  expect(tenant.toolRuns).toEqual(['calculator {"a":1,"b":1}']);
});
