import type { Agent, AgentConfig } from '@runctl/agents';
import type { JsonObject, JsonValue } from '@runctl/core';
import type { Task } from '@runctl/tasks';
import { createEgressGuard } from '../egress/egress-guard.ts';
import { Engine } from '../engine/engine.ts';
import { loops } from '../loops/loops.ts';
import { createModelGateway } from '../models/gateway.ts';
import type { Store } from '../store/store.ts';
import { type StoreHome, sqliteHome } from '../store/store-homes.test-rig.ts';
import { type ToolBox, ToolFailure } from '../tools/tool.ts';
import { AgentService } from './agents.ts';
import { createTenant } from './bootstrap.ts';
import { ComparisonService } from './comparisons.ts';
import { DeploymentService } from './deployments.ts';
import { ForkService } from './forks.ts';
import { newId } from './ids.ts';
import { Quotas } from './quotas.ts';
import { isTerminal } from './task-status.ts';
import { TaskWatch } from './task-watch.ts';
import { TaskService } from './tasks.ts';
import { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { TraceService } from './traces.ts';
import { UsageMeter } from './usage/usage-meter.ts';

/** What a scripted agent does in one turn. */
export interface Rule {
  when: { text?: string; tool?: string; step?: number };
  reply: JsonObject;
}

/** A tenant of a runtime that really runs: a store of its own, the engine, the simulated provider. */
export class RunningTenant {
  readonly store: Store;
  readonly tenantId: string;
  /** Tools that ran, each as `name {"arguments":...}`, in order. */
  readonly toolRuns: string[];
  readonly traces = new TraceService({ loops });
  readonly comparisons = new ComparisonService({ loops });
  readonly #engine: Engine;
  readonly #home: StoreHome;
  readonly #watch: TaskWatch;
  readonly #services: { agents: AgentService; deployments: DeploymentService; tasks: TaskService; forks: ForkService };

  /** @param create Default: on SQLite. */
  static async start(create: () => Promise<StoreHome> = sqliteHome): Promise<RunningTenant> {
    const home = await create();
    const store = await home.open();
    const { tenantId } = await createTenant(store, 'test', Date.now());
    return new RunningTenant(store, tenantId, home);
  }

  private constructor(store: Store, tenantId: string, home: StoreHome) {
    const toolRuns: string[] = [];
    const tools = toolBox(toolRuns);
    const gateway = createModelGateway({ env: {}, egress: createEgressGuard({ allowedHosts: [] }) });
    const quotas = new Quotas(Date.now, new UsageMeter(Date.now));
    const context = { now: Date.now, gateway, tools, loops, isAgentTypeSupported: () => true, quotas };
    this.store = store;
    this.tenantId = tenantId;
    this.toolRuns = toolRuns;
    this.#home = home;
    this.#watch = new TaskWatch({ store });
    this.#services = {
      agents: new AgentService(context),
      deployments: new DeploymentService(context),
      tasks: new TaskService(context, this.#watch),
      forks: new ForkService(context),
    };
    this.#engine = new Engine({
      store,
      models: gateway,
      tools,
      loops,
      newId,
      workerId: 'worker-1',
      onError: (error) => {
        throw error;
      },
    });
    this.#engine.start();
  }

  get scope(): TenantScope {
    return new TenantScope(this.tenantId, this.store.ofTenant(this.tenantId).query);
  }

  async close(): Promise<void> {
    this.#watch.close();
    await this.#engine.stop(1_000);
    await this.store.close();
    await this.#home.remove();
  }

  /** A scripted agent in service. */
  async agent(rules: readonly Rule[], change: Partial<AgentConfig> = {}): Promise<Agent> {
    const config: AgentConfig = {
      name: 'Adder',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'scripted',
      systemPrompt: 'Add things up.',
      tools: ['calculator'],
      metadata: { simulation: { rules: rules as unknown as JsonValue } },
      ...change,
    };
    const agent = await this.#write((scope) => this.#services.agents.create(scope, config));
    await this.#write((scope) => this.#services.deployments.deploy(scope, agent.id, { replicas: 4 }));
    return agent;
  }

  create(
    agent: Agent,
    payload: JsonObject,
    more: { memory?: JsonObject; outputSchema?: JsonObject } = {},
  ): Promise<Task> {
    const body = { agentId: agent.id, input: { version: '1.0' as const, payload }, ...more };
    return this.#write((scope) => this.#services.tasks.create(scope, body));
  }

  /** Runs a task to its end. */
  async run(agent: Agent, payload: JsonObject, more: Parameters<RunningTenant['create']>[2] = {}): Promise<Task> {
    return this.settled(await this.create(agent, payload, more));
  }

  cancel(taskId: string): Promise<Task> {
    return this.#write((scope) => this.#services.tasks.cancel(scope, taskId, {}));
  }

  fork(taskId: string, body: Parameters<ForkService['fork']>[2]): Promise<Task> {
    return this.#write((scope) => this.#services.forks.fork(scope, taskId, body));
  }

  async forkAndRun(taskId: string, body: Parameters<ForkService['fork']>[2]): Promise<Task> {
    return this.settled(await this.fork(taskId, body));
  }

  retry(taskId: string): Promise<Task> {
    return this.#write((scope) => this.#services.forks.retry(scope, taskId));
  }

  forksOf(taskId: string, query: Parameters<ForkService['list']>[2] = {}) {
    return this.#services.forks.list(this.scope, taskId, query);
  }

  /** The task as it is, once it has ended. */
  async settled({ id }: Task): Promise<Task> {
    for (;;) {
      const signal = () => new AbortController().signal;
      const task = await this.#services.tasks.getById(this.scope, id, { wait: 5 }, signal);
      if (isTerminal(task.status)) return task;
    }
  }

  /** All rows of a task, to see that nothing touches them. */
  async rowsOf(taskId: string): Promise<string> {
    const task = await this.scope.tasks().selectAll().where('id', '=', taskId).execute();
    const steps = await this.scope.steps().selectAll().where('task_id', '=', taskId).execute();
    return JSON.stringify({ task, steps });
  }

  #write<Result>(work: (scope: TenantWriteScope) => Promise<Result>): Promise<Result> {
    return this.store.write((transaction) => work(new TenantWriteScope(this.tenantId, transaction)));
  }
}

/** `calculator` adds; `draw` answers otherwise each time; `memory` sets a key; `breakdown` fails. Each run is noted in `runs`. */
function toolBox(runs: string[]): ToolBox {
  return {
    describe: () => [],
    check: () => [],
    definitionsFor: () => [],
    refusal: () => null,
    run: async ({ name, arguments: args }, _tools, { memory }) => {
      runs.push(`${name} ${JSON.stringify(args)}`);
      if (name === 'calculator') return { result: Number(args.a) + Number(args.b) };
      if (name === 'draw') return { result: `card ${runs.length}` };
      if (name === 'memory') return { result: 'noted', memory: { ...memory, [String(args.key)]: args.value ?? null } };
      throw new ToolFailure({ code: 'tool_error', message: `${name} is out of order.` });
    },
  };
}
