/** When steps of workflows ended that neither a task nor another workflow did: what people decided is among them. */
export const workflowDecisions = {
  name: '0013-workflow-decisions',
  sql: `
CREATE INDEX workflow_steps_decided ON workflow_steps (tenant_id, finished_at, workflow_id, step_key)
WHERE task_id IS NULL AND child_workflow_id IS NULL AND finished_at IS NOT NULL;
`,
};
