export type * from './contract/workflow.ts';
export type * from './contract/workflow-definition.ts';
export type * from './contract/workflow-event.ts';
export type * from './contract/workflow-routes.ts';
export type * from './contract/workflow-step.ts';
export { WorkflowDefinitions, workflowDefinitions } from './workflow-definitions.ts';
export { Workflows, workflows } from './workflows.ts';
