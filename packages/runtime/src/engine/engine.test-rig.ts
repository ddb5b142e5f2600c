import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentConfig } from '@runctl/agents';
import type { JsonObject, JsonValue } from '@runctl/core';
import { createEgressGuard } from '../egress/egress-guard.ts';
import { loops } from '../loops/loops.ts';
import { createModelGateway } from '../models/gateway.ts';
import type { ModelGateway } from '../models/model.ts';
import type { StepRow, TaskRow } from '../store/schema.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { StepCommit, Store } from '../store/store.ts';
import { agentRow, taskRow } from '../store/task-row.test-rig.ts';
import type { ToolBox } from '../tools/tool.ts';
import { Engine } from './engine.ts';

/** What of the engine's world a test makes up. */
export interface EngineParts {
  /** Runs a tool. */
  run?: ToolBox['run'];
  models?: ModelGateway;
  /** Stands before each commit. */
  commit?: (commit: StepCommit, pass: () => Promise<boolean>) => Promise<boolean>;
  sleep?: (ms: number) => Promise<void>;
}

/** An engine on a store in a folder of its own, with one agent, `agt_1`. */
export interface EngineAtWork {
  readonly store: Store;
  readonly errors: unknown[];
  /** Queues a task of the agent. */
  queue(change?: Partial<TaskRow>): Promise<void>;
  cancel(): Promise<void>;
  /** The task that was queued, once its status is one of these. */
  task(...statuses: TaskRow['status'][]): Promise<TaskRow>;
  steps(): Promise<StepRow[]>;
  close(): Promise<void>;
}

/** Starts it; the agent follows the script. */
export async function startEngine(
  rules: readonly JsonObject[],
  parts: EngineParts = {},
  change: Partial<AgentConfig> = {},
): Promise<EngineAtWork> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-engine-'));
  const store = openSqliteStore({ folder });
  await addAgent(store, { metadata: { simulation: { rules: rules as JsonValue } }, ...change });
  const errors: unknown[] = [];
  let ids = 0;
  const engine = new Engine({
    store: parts.commit === undefined ? store : guarded(store, parts.commit),
    models: parts.models ?? createModelGateway({ env: {}, egress: createEgressGuard({ allowedHosts: [] }) }),
    tools: {
      describe: () => [],
      check: () => [],
      definitionsFor: () => [],
      refusal: () => null,
      run: parts.run ?? (async () => ({ result: 'ran' })),
    },
    loops,
    newId: (prefix) => `${prefix}_new${++ids}`,
    workerId: 'worker',
    onError: (error) => errors.push(error),
    ...(parts.sleep === undefined ? {} : { sleep: parts.sleep }),
  });
  engine.start();
  const steps = () => store.query.selectFrom('steps').selectAll().orderBy('task_id').orderBy('step').execute();
  return {
    store,
    errors,
    steps,
    queue: (row = {}) =>
      store.write(async ({ insertTasks, wake }) => {
        await insertTasks([taskRow('tsk_1', { input: '{"version":"1.0","payload":{"message":"Go"}}', ...row })]);
        wake();
      }),
    cancel: () =>
      store.write(async ({ query, changed }) => {
        await query.updateTable('tasks').set({ status: 'cancelled', owner: null, version: 99 }).execute();
        changed({ taskId: 'tsk_1', version: 99, status: 'cancelled' });
      }),
    task: async (...statuses) => {
      for (;;) {
        const tasks = store.query.selectFrom('tasks').selectAll();
        const row = await tasks.where('id', '=', 'tsk_1').executeTakeFirstOrThrow();
        if (statuses.includes(row.status)) return row;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    close: async () => {
      await engine.stop(0);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function addAgent(store: Store, change: Partial<AgentConfig>): Promise<void> {
  const config: AgentConfig = {
    name: 'a',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: '',
    ...change,
  };
  const version = { agent_id: 'agt_1', version: 1, tenant_id: 'tnt_1', config: JSON.stringify(config), created_at: 1 };
  await store.write(async ({ query }) => {
    await query
      .insertInto('tenants')
      .values({
        id: 'tnt_1',
        name: 'one',
        status: 'active',
        plan: 'p',
        settings: '{}',
        limits: '{}',
        signing_secret: 'whsec_AAAA',
        created_at: 1,
        updated_at: 1,
      } as never)
      .execute();
    await query.insertInto('agents').values(agentRow()).execute();
    await query.insertInto('agent_versions').values(version).execute();
  });
}

/** The store, with something before its commits. */
function guarded(store: Store, commit: NonNullable<EngineParts['commit']>): Store {
  return {
    query: store.query,
    signals: store.signals,
    write: (work) => store.write(work),
    ofTenant: (tenantId) => store.ofTenant(tenantId),
    commitStep: (step) => commit(step, () => store.commitStep(step)),
    startClaiming: (claimer) => store.startClaiming(claimer),
    stopClaiming: () => store.stopClaiming(),
    wake: () => store.wake(),
    giveBackSpace: () => store.giveBackSpace(),
    onTaskChange: (listener) => store.onTaskChange(listener),
    onNewEvents: (listener) => store.onNewEvents(listener),
    onMissedNews: (listener) => store.onMissedNews(listener),
    lookOut: (look) => store.lookOut(look),
    close: () => store.close(),
  };
}
