import type { WorkflowEvent, WorkflowState, WorkflowStep } from '@runctl/workflows';
import type { StepState } from '../../engine/workflows/step-state.ts';
import { isEnded } from '../../engine/workflows/step-state.ts';
import type { StoredStepStatus, StoredWorkflowStatus } from '../../engine/workflows/workflow-events.ts';
import type { WorkflowRow } from '../../store/workflow-rows.ts';
import { toStepState } from '../../store/workflow-tables.ts';
import { eventId } from '../events/event-id.ts';
import type { EventSubject } from '../events/event-subject.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { parseStored } from '../wire/stored-json.ts';
import { toWorkflow, toWorkflowStep } from '../wire/workflow.ts';
import { findWorkflow, type PlanReader } from './find-workflow.ts';
import { isLive } from './transition.ts';

type EventRow = Parameters<EventSubject['isLast']>[0];

/** Workflows: their rows and their steps say most of what an event carries. */
export function workflowEvents(plans: PlanReader): EventSubject<WorkflowEvent> {
  return {
    find: async (scope, workflowId) => {
      await findWorkflow(scope, workflowId);
    },
    compose: (scope, workflowId, rows) => compose(plans, scope, workflowId, rows),
    isLast: (row) => row.type === 'workflow.status' && !isLive(statusOf(row).status),
  };
}

async function compose(
  plans: PlanReader,
  scope: TenantScope,
  workflowId: string,
  rows: readonly EventRow[],
): Promise<WorkflowEvent[]> {
  // Read after the events: a workflow that has ended stands there as it ended.
  const workflow = await findWorkflow(scope, workflowId);
  const plan = await plans.planOf(scope, workflow);
  const steps = await readSteps(scope, workflowId, rows);
  return rows.flatMap((row) => {
    const event = {
      id: eventId(workflowId, row.seq),
      workflowId,
      createdAt: formatTimestamp(row.created_at),
      type: row.type,
    };
    if (row.type === 'workflow.status')
      return [{ ...event, data: workflowAt(workflow, row) } as unknown as WorkflowEvent];
    const stored = parseStored<StoredStepStatus>(row.data ?? '{}');
    const step = plan.byId.get(stored.stepId);
    if (step === undefined) return [];
    const data: WorkflowStep = toWorkflowStep(stepAt(stored, steps.get(stored.key)), step);
    return [{ ...event, data } as unknown as WorkflowEvent];
  });
}

/** A workflow as it was at one of its changes. */
function workflowAt(workflow: WorkflowRow, row: EventRow): WorkflowState {
  const { status, version, currentStepIds, startedAt } = statusOf(row);
  const isEnd = !isLive(status);
  return toWorkflow({
    ...workflow,
    status,
    version,
    current_step_ids: JSON.stringify(currentStepIds),
    started_at: startedAt,
    output: isEnd ? workflow.output : null,
    error: isEnd ? workflow.error : null,
    finished_at: isEnd ? workflow.finished_at : null,
    updated_at: row.created_at,
  });
}

/** A step as it was: what went in is there once it has begun, what came out once it has ended. */
function stepAt(stored: StoredStepStatus, step: StepState | undefined): StepState {
  const hasBegun = stored.status !== 'pending';
  const isSame = step?.attempt === stored.attempt;
  return {
    ...stored,
    childWorkflowId: null,
    dueAt: null,
    input: hasBegun && isSame ? step.input : null,
    output: isEnded(stored) && isSame ? step.output : null,
  };
}

function statusOf(row: EventRow): StoredWorkflowStatus {
  return parseStored<StoredWorkflowStatus>(row.data ?? '{}');
}

async function readSteps(
  scope: TenantScope,
  workflowId: string,
  rows: readonly EventRow[],
): Promise<Map<string, StepState>> {
  const keys = rows.flatMap(({ type, data }) =>
    type === 'step.status' ? [parseStored<StoredStepStatus>(data ?? '{}').key] : [],
  );
  if (keys.length === 0) return new Map();
  const found = await scope
    .workflows()
    .steps()
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('step_key', 'in', [...new Set(keys)])
    .execute();
  return new Map(found.map((row) => [row.step_key, toStepState(row)]));
}
