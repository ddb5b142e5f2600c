import type { EventId, Timestamp, WorkflowId } from '@runctl/core';
import type { WorkflowState, WorkflowStep } from './workflow.ts';

/** Something that happened to a workflow. `type` says what, and which `data` it carries. */
export type WorkflowEvent = {
  /** Its id; in the order of time. */
  id: EventId;
  /** The workflow. */
  workflowId: WorkflowId;
  /** When it happened. */
  createdAt: Timestamp;
} & (
  | {
      type: 'workflow.status';
      /** The workflow after the change. */
      data: WorkflowState;
    }
  | {
      type: 'step.status';
      /** The step after the change. */
      data: WorkflowStep;
    }
);

/** Which events of a workflow. */
export interface WorkflowEventsQuery {
  /** Events of this type. Default all. */
  type?: WorkflowEvent['type'];
}
