import type { Rate } from '@runctl/agents';
import type { WorkflowError } from '@runctl/workflows';
import type { StoredDefinition } from '../../engine/workflows/definition-plans.ts';
import { type Plan, planOf } from '../../engine/workflows/plan.ts';
import type { WorkflowStepRow } from '../../store/workflow-rows.ts';
import type { Span } from '../period-window.ts';
import { tasksOfAgent } from '../statistics/tool-steps.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { parseStored } from '../wire/stored-json.ts';
import { rate } from './rate.ts';

/** Steps that are looked at, the newest. */
const mostSteps = 500;
/** Workflows whose steps are read at once. */
const workflowsAtOnce = 200;

type DecidedStep = Pick<WorkflowStepRow, 'workflow_id' | 'step_key' | 'step_id' | 'status' | 'error'>;

/** A person's decision, and the tasks that it was about. */
interface Decision {
  approved: boolean;
  taskIds: string[];
}

/**
 * How people decided at approval steps of workflows on what an agent had done: on the tasks of the nearest steps that the
 * approval depends on. What nobody decided in time is no decision.
 */
export async function workflowApprovalRate(scope: TenantScope, agentId: string, window: Span): Promise<Rate> {
  const decisions = await readDecisions(scope, window);
  const tasks = await tasksOfAgent(
    scope,
    agentId,
    decisions.flatMap(({ taskIds }) => taskIds),
  );
  const own = decisions.filter(({ taskIds }) => taskIds.some((taskId) => tasks.get(taskId)?.simulated === 0));
  return rate(own.filter(({ approved }) => approved).length, own.length);
}

/** By the index workflow_steps_decided, then each workflow by primary key. */
async function readDecisions(scope: TenantScope, window: Span): Promise<Decision[]> {
  const steps = await scope
    .workflows()
    .steps()
    .select(['workflow_id', 'step_key', 'step_id', 'status', 'error'])
    .where('task_id', 'is', null)
    .where('child_workflow_id', 'is', null)
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .orderBy('finished_at', 'desc')
    .limit(mostSteps)
    .execute();
  const workflowIds = [...new Set(steps.map(({ workflow_id }) => workflow_id))];
  const decisions: Decision[] = [];
  for (let at = 0; at < workflowIds.length; at += workflowsAtOnce) {
    const ids = workflowIds.slice(at, at + workflowsAtOnce);
    const plans = await readPlans(scope, ids);
    const work = await readWork(scope, ids);
    const here = new Set(ids);
    for (const step of steps) {
      if (!here.has(step.workflow_id)) continue;
      const plan = plans.get(step.workflow_id);
      const approved = plan === undefined ? null : decisionOf(step, plan);
      if (plan === undefined || approved === null) continue;
      decisions.push({ approved, taskIds: tasksBefore(step, plan, work.get(step.workflow_id) ?? new Map()) });
    }
  }
  return decisions;
}

/** Null where the step is no approval, or nobody decided. */
function decisionOf({ step_id, status, error }: DecidedStep, plan: Plan): boolean | null {
  if (plan.byId.get(step_id)?.definition.type !== 'approval') return null;
  if (status === 'completed') return true;
  return error !== null && parseStored<WorkflowError>(error).code === 'rejected' ? false : null;
}

/** Up from a step, past those that no task did. */
function tasksBefore({ step_key, step_id }: DecidedStep, plan: Plan, work: ReadonlyMap<string, string>): string[] {
  const list = step_key.slice(0, step_key.length - step_id.length);
  const found = new Set<string>();
  const seen = new Set<string>();
  const above = [...(plan.byId.get(step_id)?.dependsOn ?? [])];
  for (let stepId = above.pop(); stepId !== undefined; stepId = above.pop()) {
    if (seen.has(stepId)) continue;
    seen.add(stepId);
    const taskId = work.get(list + stepId);
    if (taskId === undefined) above.push(...(plan.byId.get(stepId)?.dependsOn ?? []));
    else found.add(taskId);
  }
  return [...found];
}

async function readPlans(scope: TenantScope, workflowIds: readonly string[]): Promise<Map<string, Plan>> {
  const rows = await scope
    .workflows()
    .workflows()
    .select(['id', 'definition_id', 'definition_version'])
    .where('id', 'in', [...workflowIds])
    .execute();
  const versions = await scope
    .workflows()
    .definitionVersions()
    .select(['definition_id', 'version', 'config'])
    .where('definition_id', 'in', [...new Set(rows.map(({ definition_id }) => definition_id))])
    .execute();
  const plans = new Map<string, Plan>();
  return new Map(
    rows.flatMap(({ id, definition_id, definition_version }) => {
      const key = `${definition_id} ${definition_version}`;
      const row = versions.find((each) => each.definition_id === definition_id && each.version === definition_version);
      if (row === undefined) return [];
      const plan = plans.get(key) ?? planOf(parseStored<StoredDefinition>(row.config));
      plans.set(key, plan);
      return [[id, plan] as const];
    }),
  );
}

/** Of each workflow: the tasks of its steps, by the key of the step. */
async function readWork(scope: TenantScope, workflowIds: readonly string[]): Promise<Map<string, Map<string, string>>> {
  const rows = await scope
    .workflows()
    .steps()
    .select(['workflow_id', 'step_key', 'task_id'])
    .where('workflow_id', 'in', [...workflowIds])
    .where('task_id', 'is not', null)
    .execute();
  const work = new Map<string, Map<string, string>>();
  for (const { workflow_id, step_key, task_id } of rows) {
    const own = work.get(workflow_id) ?? new Map<string, string>();
    own.set(step_key, task_id ?? '');
    work.set(workflow_id, own);
  }
  return work;
}
