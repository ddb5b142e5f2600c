import { sql } from 'kysely';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mailEndpoint, nextDelivery } from './delivery-queue.ts';
import { nextDueTask } from './next-due.ts';
import type { DeliveryRow, WebhookRow } from './outbox-rows.ts';
import type { TaskRow } from './schema.ts';
import type { Store } from './store.ts';
import { type StoreHome, stopHomes, storeHomes } from './store-homes.test-rig.ts';
import { taskRow } from './task-row.test-rig.ts';
import type { WorkflowRow } from './workflow-rows.ts';
import { insertWorkflows, nextDueWorkflow } from './workflow-tables.ts';

/** Long after this test: nothing comes due while it runs. */
const later = Date.UTC(2100, 0);
const webhook: WebhookRow = {
  id: 'whk_1',
  tenant_id: 'tnt_1',
  purpose: 'endpoint',
  url: 'https://hook.test',
  events: '[]',
  enabled: 1,
  secret: '',
  previous_secret: null,
  previous_secret_until: null,
  failures: 0,
  rests_until: 0,
  created_at: 1,
  updated_at: 1,
};
const delivery: DeliveryRow = {
  id: 'whd_1',
  tenant_id: 'tnt_1',
  endpoint_id: 'whk_1',
  recipient: '',
  subject_id: 'tsk_1',
  seq: 1,
  event_type: 'task.completed',
  status: 'pending',
  attempts: 1,
  response_status: null,
  next_attempt_at: later,
  give_up_at: later,
  claim: null,
  created_at: 1,
  finished_at: null,
};

afterAll(stopHomes);

describe.each(storeHomes)('what is due next on $name', ({ create }) => {
  let home: StoreHome;
  let store: Store;

  beforeEach(async () => {
    home = await create();
    store = await home.open();
  });
  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  test('is the first of what tasks wait for: to start, to start in time, and to be decided', async () => {
    expect(await nextDueTask(store.query)).toBeUndefined();
    const waitingFor = (at: number | null) =>
      JSON.stringify({ kind: 'approval', expiresAt: at === null ? null : new Date(at).toISOString() });
    const add = (id: string, change: Partial<TaskRow>) =>
      store.write(({ insertTasks }) => insertTasks([taskRow(id, change)]));
    await add('tsk_1', { status: 'waiting', waiting_for: waitingFor(null) });
    await add('tsk_2', { status: 'queued', expires_at: later, started_at: 1 });
    expect(await nextDueTask(store.query)).toBeUndefined();
    await add('tsk_3', { status: 'waiting', waiting_for: waitingFor(later + 300) });
    expect(await nextDueTask(store.query)).toBe(later + 300);
    await add('tsk_4', { status: 'scheduled', scheduled_for: later + 200 });
    expect(await nextDueTask(store.query)).toBe(later + 200);
    await add('tsk_5', { status: 'queued', expires_at: later + 100 });
    expect(await nextDueTask(store.query)).toBe(later + 100);
  });

  test('is the first workflow that time moves on', async () => {
    expect(await nextDueWorkflow(store.query)).toBeUndefined();
    const rows = [later + 2, null, later + 1].map((due_at, index) => workflowRow(`wfl_${index}`, due_at));
    await store.write(({ query }) => insertWorkflows(query, rows));
    expect(await nextDueWorkflow(store.query)).toBe(later + 1);
  });

  test('is the first delivery to a receiver that does not rest, and mail is one', async () => {
    expect(await nextDelivery(store.query)).toBeUndefined();
    const change = (table: 'webhooks' | 'deliveries', row: object) =>
      store.write(({ query }) =>
        query
          .insertInto(table)
          .values(row as never)
          .execute(),
      );
    await change('webhooks', webhook);
    await change('webhooks', { ...webhook, id: 'whk_off', enabled: 0 });
    await change('deliveries', { ...delivery, id: 'whd_off', endpoint_id: 'whk_off', next_attempt_at: 5 });
    expect(await nextDelivery(store.query)).toBeUndefined();
    await change('deliveries', delivery);
    expect(await nextDelivery(store.query)).toBe(later);
    await store.write(({ query }) => sql`UPDATE webhooks SET rests_until = ${later + 500}`.execute(query));
    expect(await nextDelivery(store.query)).toBe(later + 500);
    const mail = { id: 'whd_mail', endpoint_id: mailEndpoint, recipient: 'a@b.test', next_attempt_at: later + 400 };
    await change('deliveries', { ...delivery, ...mail });
    expect(await nextDelivery(store.query)).toBe(later + 400);
  });
});

function workflowRow(id: string, due_at: number | null): WorkflowRow {
  return {
    id,
    tenant_id: 'tnt_1',
    definition_id: 'wfd_1',
    definition_version: 1,
    parent_workflow_id: null,
    depth: 0,
    retry_of: null,
    status: 'running',
    input: '{}',
    output: null,
    error: null,
    current_step_ids: '[]',
    metadata: '{}',
    labels: '{}',
    version: 1,
    due_at,
    created_at: 1,
    started_at: null,
    finished_at: null,
    updated_at: 1,
  };
}
