import type { Deleted, ListQuery, PaginatedResponse, Timestamp, WireQuery, WorkflowDefinitionId } from '@runctl/core';
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
} from './workflow.ts';
import type {
  CreateWorkflowDefinitionInput,
  GetWorkflowDefinitionQuery,
  ListWorkflowDefinitionsQuery,
  UpdateWorkflowDefinitionInput,
  WireDefinition,
  WorkflowDefinition,
  WorkflowDefinitionCheck,
} from './workflow-definition.ts';
import type { WorkflowEvent, WorkflowEventsQuery } from './workflow-event.ts';

/** Every route of workflows and their definitions: what it takes and what it answers, as JSON. */
export interface WorkflowRoutes {
  /** Creates a definition. */
  'POST /workflow-definitions': {
    body: WireDefinition<CreateWorkflowDefinitionInput>;
    result: WorkflowDefinition;
  };
  /** Lists definitions, newest first. */
  'GET /workflow-definitions': {
    query?: ListWorkflowDefinitionsQuery;
    result: PaginatedResponse<WorkflowDefinition>;
  };
  /** Checks a definition and makes nothing. */
  'POST /workflow-definitions/validate': {
    body: WireDefinition<CreateWorkflowDefinitionInput>;
    result: WorkflowDefinitionCheck;
  };
  /** Reads a definition. */
  'GET /workflow-definitions/:definitionId': { query?: GetWorkflowDefinitionQuery; result: WorkflowDefinition };
  /** Makes the next version of a definition. */
  'PATCH /workflow-definitions/:definitionId': {
    body: WireDefinition<UpdateWorkflowDefinitionInput>;
    result: WorkflowDefinition;
  };
  /** Deletes a definition. */
  'DELETE /workflow-definitions/:definitionId': { result: Deleted<WorkflowDefinitionId> };
  /** Starts a workflow; `wait` (seconds) holds the answer until it has ended or waits for somebody. */
  'POST /workflows': { query?: { wait?: number }; body: ExecuteWorkflowBody; result: WorkflowState };
  /** Lists workflows, newest first. */
  'GET /workflows': { query?: WireQuery<ListWorkflowsQuery>; result: PaginatedResponse<WorkflowState> };
  /** Reads a workflow; `wait` (seconds) holds the request until its version is above `version`. */
  'GET /workflows/:workflowId': { query?: { wait?: number; version?: number }; result: WorkflowState };
  /** Cancels a workflow and the tasks of its running steps. */
  'POST /workflows/:workflowId/cancel': { body: CancelWorkflowInput; result: WorkflowState };
  /** Makes a new workflow that keeps what was completed. */
  'POST /workflows/:workflowId/retry': { body: RetryWorkflowInput; result: WorkflowState };
  /** Lists every step, in the order of the graph. */
  'GET /workflows/:workflowId/steps': { result: WorkflowStep[] };
  /** Approves a waiting step. */
  'POST /workflows/:workflowId/steps/:stepId/approve': { body: ApproveStepInput; result: WorkflowStep };
  /** Rejects a waiting step. */
  'POST /workflows/:workflowId/steps/:stepId/reject': { body: RejectStepInput; result: WorkflowStep };
  /** What a workflow took. */
  'GET /workflows/:workflowId/metrics': { result: WorkflowMetrics };
  /** Lists a workflow's events, oldest first. */
  'GET /workflows/:workflowId/events': {
    query?: WorkflowEventsQuery & ListQuery;
    result: PaginatedResponse<WorkflowEvent>;
  };
  /** The events as they happen, as server-sent events. `token` stands in for the API key. */
  'GET /workflows/:workflowId/events/stream': {
    query?: WorkflowEventsQuery & { after?: string; token?: string };
    result: WorkflowEvent;
  };
  /** A token that reads this one stream, for minutes. */
  'POST /workflows/:workflowId/events/stream-tokens': { result: { token: string; expiresAt: Timestamp } };
}
