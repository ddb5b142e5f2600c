import { sql } from 'kysely';
import type { DefinitionPlans } from '../../engine/workflows/definition-plans.ts';
import type { Plan } from '../../engine/workflows/plan.ts';
import type { StepState } from '../../engine/workflows/step-state.ts';
import { inList } from '../../store/in-list.ts';
import type { WorkflowRow } from '../../store/workflow-rows.ts';
import { toStepState } from '../../store/workflow-tables.ts';
import { notFound } from '../failure.ts';
import { type TenantScope, tenantStatement } from '../tenant-scope.ts';

/** By primary key. */
const workflowById = tenantStatement((scope, { workflowId }: { workflowId: string }) =>
  scope.workflows().workflows().selectAll().where('id', '=', workflowId),
);
/** By primary key. */
const workflowProgress = tenantStatement((scope, { workflowId }: { workflowId: string }) =>
  scope.workflows().workflows().select(['version', 'status']).where('id', '=', workflowId),
);

/** @throws {Failure} `workflow.not_found` */
export async function findWorkflow(scope: TenantScope, workflowId: string): Promise<WorkflowRow> {
  const row = await scope.first(workflowById, { workflowId });
  if (row === undefined) throw notFound('workflow', workflowId);
  return row;
}

/** Where a workflow stands. */
export type WorkflowProgress = Pick<WorkflowRow, 'version' | 'status'>;

/** The part of a workflow that says whether to read the rest. @throws {Failure} `workflow.not_found` */
export async function findProgress(scope: TenantScope, workflowId: string): Promise<WorkflowProgress> {
  const row = await scope.first(workflowProgress, { workflowId });
  if (row === undefined) throw notFound('workflow', workflowId);
  return row;
}

/** The steps of a workflow, in no order. */
export async function findSteps(scope: TenantScope, workflowId: string): Promise<StepState[]> {
  const rows = await scope.workflows().steps().selectAll().where('workflow_id', '=', workflowId).execute();
  return rows.map(toStepState);
}

/** Ids of a workflow and of those within it: level by level, by primary key. A step that is tried again has its last. */
export async function withNested(
  scope: TenantScope,
  workflowId: string,
  steps: readonly Pick<StepState, 'childWorkflowId'>[],
): Promise<string[]> {
  const ids = [workflowId];
  let level = steps.flatMap(({ childWorkflowId }) => childWorkflowId ?? []);
  while (level.length > 0) {
    ids.push(...level);
    const rows = await scope
      .workflows()
      .steps()
      .select('child_workflow_id')
      .where(sql<boolean>`workflow_id ${inList(scope.forEngine(), level)}`)
      .where('child_workflow_id', 'is not', null)
      .execute();
    level = rows.flatMap(({ child_workflow_id }) => child_workflow_id ?? []);
  }
  return ids;
}

/** The plans of workflows, as requests ask for them. */
export class PlanReader {
  readonly #plans: DefinitionPlans;

  constructor(plans: DefinitionPlans) {
    this.#plans = plans;
  }

  /** Of a workflow that is known to be the tenant's. */
  async planOf(scope: TenantScope, row: Pick<WorkflowRow, 'definition_id' | 'definition_version'>): Promise<Plan> {
    const found = await this.#plans.get(scope.forEngine(), row.definition_id, row.definition_version);
    if (found === undefined) throw new TypeError('A workflow keeps the version of its definition.');
    return found.plan;
  }
}
