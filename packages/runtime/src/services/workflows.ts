import type { JsonValue, PaginatedResponse, WireQuery } from '@runctl/core';
import type {
  ApproveStepInput,
  CancelWorkflowInput,
  ExecuteWorkflowBody,
  ListWorkflowsQuery,
  RejectStepInput,
  RetryWorkflowInput,
  WorkflowMetrics,
  WorkflowState,
  WorkflowStep,
} from '@runctl/workflows';
import { sql } from 'kysely';
import { workflowRow } from '../engine/workflows/new-workflow.ts';
import type { StepState } from '../engine/workflows/step-state.ts';
import type { Decision, WorkflowNews } from '../engine/workflows/workflow-now.ts';
import { findMisfits } from '../schema/json-schema.ts';
import { inList } from '../store/in-list.ts';
import type { WorkflowRow } from '../store/workflow-rows.ts';
import { lockWorkflows, toStepRow } from '../store/workflow-tables.ts';
import { countRows } from './count-rows.ts';
import type { AgentWatch } from './deployments/agent-watch.ts';
import { Failure, invalid, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { listOf } from './list-of.ts';
import { readPage } from './page.ts';
import type { WaitQuery } from './tasks.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { parseTimestamp } from './wire/format-timestamp.ts';
import { toUsd } from './wire/money.ts';
import { parseStored } from './wire/stored-json.ts';
import { toWorkflow, toWorkflowStep } from './wire/workflow.ts';
import { findProgress, findSteps, findWorkflow, type PlanReader, withNested } from './workflows/find-workflow.ts';
import { keptSteps } from './workflows/kept-steps.ts';
import { inOrder } from './workflows/step-order.ts';
import { beginWorkflow, isLive, moveOn } from './workflows/transition.ts';
import type { TransitionParts } from './workflows/transition-parts.ts';
import { countSteps, criticalPath } from './workflows/workflow-metrics.ts';
import { awaitRest, awaitWorkflow } from './workflows/workflow-watch.ts';

/** What the service is made of. */
export interface WorkflowParts {
  transitions: TransitionParts;
  plans: PlanReader;
  watch: Pick<AgentWatch, 'until'>;
}

/** Workflows: begun, read, decided about, cancelled, tried again. */
export class WorkflowService {
  readonly #parts: WorkflowParts;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  /**
   * Begins a workflow: its first tasks are queued when this is answered.
   *
   * @throws {Failure} `workflow_definition.not_found`; `request.invalid` - the input does not fit the schema
   */
  async execute(scope: TenantWriteScope, body: ExecuteWorkflowBody): Promise<WorkflowState> {
    const definition = await scope.workflows().shareDefinition(body.workflowDefinitionId);
    if (definition === undefined) throw notFound('workflow_definition', body.workflowDefinitionId);
    const { transitions } = this.#parts;
    const version = body.version ?? definition.version;
    const plan = await transitions.plans.get(scope.forEngine(), definition.id, version);
    if (plan === undefined) throw notFound('workflow_definition', `${definition.id} (version ${version})`);
    const { input = {}, metadata = {}, labels = {} } = body;
    const misfits = plan.inputSchema === null ? [] : findMisfits(input, plan.inputSchema);
    if (misfits.length > 0) {
      throw invalid(misfits.map(({ path, message }) => ({ path: `/input${path}`, code: 'schema', message })));
    }
    const now = transitions.now();
    return this.#begin(
      scope,
      workflowRow({
        id: newId('wfl', now),
        tenantId: scope.tenantId,
        definitionId: definition.id,
        definitionVersion: version,
        input,
        parent: null,
        retryOf: null,
        metadata,
        labels,
        now,
      }),
      [],
    );
  }

  /** Holds as reads of tasks do. @throws {Failure} `workflow.not_found` */
  async getById(
    scope: TenantScope,
    workflowId: string,
    query: WaitQuery,
    signal: () => AbortSignal,
  ): Promise<WorkflowState> {
    if (query.wait !== undefined && query.wait > 0) {
      const look = () => findProgress(scope, workflowId);
      await awaitWorkflow(this.#parts.watch, look, workflowId, query, signal());
    }
    return toWorkflow(await findWorkflow(scope, workflowId));
  }

  /** Holds until a workflow has ended or waits for somebody, or the seconds are up. @throws {Failure} `workflow.not_found` */
  async untilAtRest(scope: TenantScope, workflowId: string, wait: number, signal: AbortSignal): Promise<WorkflowState> {
    await awaitRest(this.#parts.watch, () => findProgress(scope, workflowId), workflowId, wait, signal);
    return toWorkflow(await findWorkflow(scope, workflowId));
  }

  /** Newest first. */
  list(scope: TenantScope, query: WireQuery<ListWorkflowsQuery>): Promise<PaginatedResponse<WorkflowState>> {
    const statuses = listOf(query.status);
    const filtered = () => {
      let rows = scope.workflows().workflows();
      if (statuses.length > 0) rows = rows.where('status', 'in', statuses);
      if (query.workflowDefinitionId !== undefined) rows = rows.where('definition_id', '=', query.workflowDefinitionId);
      if (query.fromDate !== undefined) rows = rows.where('created_at', '>=', parseTimestamp(query.fromDate));
      if (query.toDate !== undefined) rows = rows.where('created_at', '<', parseTimestamp(query.toDate));
      return rows;
    };
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const rows = before === undefined ? filtered() : filtered().where('id', '<', before);
          return rows.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: () => countRows(filtered()),
      },
      toWorkflow,
    );
  }

  /** Reaches its tasks and nested workflows. Of one that has ended: as it is. @throws {Failure} `workflow.not_found` */
  async cancel(scope: TenantWriteScope, workflowId: string, { reason }: CancelWorkflowInput): Promise<WorkflowState> {
    await findWorkflow(scope, workflowId);
    return this.#move(scope, workflowId, { cancel: { reason: reason ?? null } });
  }

  /**
   * Makes a workflow that keeps what this one completed, at the same version of the definition.
   *
   * @throws {Failure} `workflow.not_found`; `workflow.not_ended`; `workflow.not_failed` - it is completed, and no step
   * is named; `step.not_found`
   */
  async retry(scope: TenantWriteScope, workflowId: string, { fromStepId }: RetryWorkflowInput): Promise<WorkflowState> {
    const source = await findWorkflow(scope, workflowId);
    checkRetry(source, fromStepId);
    const plan = await this.#parts.plans.planOf(scope, source);
    if (fromStepId !== undefined && !plan.root.byId.has(fromStepId)) throw notFound('step', fromStepId);
    const now = this.#parts.transitions.now();
    const row = workflowRow({
      id: newId('wfl', now),
      tenantId: scope.tenantId,
      definitionId: source.definition_id,
      definitionVersion: source.definition_version,
      input: parseStored<WorkflowState['input']>(source.input),
      parent: null,
      retryOf: source.id,
      metadata: parseStored<WorkflowState['metadata']>(source.metadata),
      labels: parseStored<WorkflowState['labels']>(source.labels),
      now,
    });
    const kept = keptSteps(plan, await findSteps(scope, workflowId), fromStepId);
    await scope.workflows().insertSteps(kept.map((step) => toStepRow(row, step)));
    return this.#begin(scope, row, kept);
  }

  /** Every step, in the order of the graph. @throws {Failure} `workflow.not_found` */
  async getSteps(scope: TenantScope, workflowId: string): Promise<WorkflowStep[]> {
    const plan = await this.#parts.plans.planOf(scope, await findWorkflow(scope, workflowId));
    return inOrder(plan, await findSteps(scope, workflowId)).flatMap((step) => {
      const planned = plan.byId.get(step.stepId);
      return planned === undefined ? [] : [toWorkflowStep(step, planned)];
    });
  }

  /** @throws {Failure} `workflow.not_found`, `step.not_found`, `workflow.step_not_waiting` */
  approveStep(
    scope: TenantWriteScope,
    workflowId: string,
    key: string,
    { comment, output }: ApproveStepInput,
  ): Promise<WorkflowStep> {
    const said: JsonValue = { approved: true, comment: comment ?? null };
    return this.#decide(scope, workflowId, { key, approved: true, output: output ?? said });
  }

  /** The step fails, as its `onError` says. @throws {Failure} As {@link approveStep} */
  rejectStep(
    scope: TenantWriteScope,
    workflowId: string,
    key: string,
    { reason }: RejectStepInput,
  ): Promise<WorkflowStep> {
    return this.#decide(scope, workflowId, { key, approved: false, reason: reason ?? 'The step was rejected.' });
  }

  /** What a workflow took; its tasks, what these handed out, and nested workflows. @throws {Failure} `workflow.not_found` */
  async getMetrics(scope: TenantScope, workflowId: string): Promise<WorkflowMetrics> {
    const row = await findWorkflow(scope, workflowId);
    const plan = await this.#parts.plans.planOf(scope, row);
    const steps = await findSteps(scope, workflowId);
    const now = this.#parts.transitions.now();
    const ids = await withNested(scope, workflowId, steps);
    const { input, output, cost, tasks, priced } = await scope
      .tasks()
      // By tasks_by_workflow, which the tenant beside it would hide from the planner.
      .where(
        sql<boolean>`id IN (SELECT work.id FROM tasks AS work WHERE work.workflow_id ${inList(scope.forEngine(), ids)})`,
      )
      .select(({ fn }) => [
        fn.sum<number | string | null>('input_tokens').as('input'),
        fn.sum<number | string | null>('output_tokens').as('output'),
        fn.sum<number | string | null>('cost_microusd').as('cost'),
        fn.countAll<number>().as('tasks'),
        fn.count<number>('cost_microusd').as('priced'),
      ])
      .executeTakeFirstOrThrow();
    return {
      workflowId: row.id as WorkflowMetrics['workflowId'],
      durationSeconds: row.started_at === null ? null : ((row.finished_at ?? now) - row.started_at) / 1_000,
      stepCounts: countSteps(steps),
      criticalPath: criticalPath(plan, steps, now),
      tokens: Number(input ?? 0) + Number(output ?? 0),
      costUsd: Number(priced) < Number(tasks) ? null : toUsd(Number(cost ?? 0)),
    };
  }

  async #begin(scope: TenantWriteScope, row: WorkflowRow, steps: readonly StepState[]): Promise<WorkflowState> {
    const { transaction } = scope.workflows();
    return toWorkflow(await beginWorkflow(transaction, this.#parts.transitions, row, steps));
  }

  async #move(scope: TenantWriteScope, workflowId: string, news: WorkflowNews): Promise<WorkflowState> {
    await moveOn(scope.workflows().transaction, this.#parts.transitions, { ids: [workflowId], news });
    return toWorkflow(await findWorkflow(scope, workflowId));
  }

  async #decide(scope: TenantWriteScope, workflowId: string, decision: Decision): Promise<WorkflowStep> {
    const row = await findWorkflow(scope, workflowId);
    const plan = await this.#parts.plans.planOf(scope, row);
    const { transaction } = scope.workflows();
    // Who comes second finds the step decided.
    await lockWorkflows(transaction.query, [workflowId], false);
    const step = await findStep(scope, workflowId, decision.key);
    const planned = plan.byId.get(step.stepId);
    if (step.status !== 'waiting' || planned?.definition.type !== 'approval') {
      const message = `Step ${decision.key} is ${step.status} and does not wait for a decision.`;
      throw new Failure('workflow.step_not_waiting', message, { resource: 'step', resourceId: decision.key });
    }
    await moveOn(transaction, this.#parts.transitions, { ids: [workflowId], news: { decision } });
    return toWorkflowStep(await findStep(scope, workflowId, decision.key), planned);
  }
}

async function findStep(scope: TenantScope, workflowId: string, key: string) {
  const step = (await findSteps(scope, workflowId)).find((each) => each.key === key);
  if (step === undefined) throw notFound('step', key);
  return step;
}

function checkRetry({ id, status }: WorkflowRow, fromStepId: string | undefined): void {
  const about = { resource: 'workflow', resourceId: id };
  if (isLive(status)) {
    const hint = 'Wait for its end, or cancel it first.';
    throw new Failure('workflow.not_ended', `Workflow ${id} is ${status}.`, { ...about, hint });
  }
  if (status === 'completed' && fromStepId === undefined) {
    const hint = 'Name the step to begin from: { fromStepId }.';
    throw new Failure('workflow.not_failed', `Workflow ${id} is completed.`, { ...about, hint });
  }
}
