/** Model calls under way in trees of tasks whose cost is limited: who begins one has to know of the others. */
export const treeCalls = {
  name: '0016-tree-calls',
  sql: `
CREATE TABLE tree_calls (
  task_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  root_task_id TEXT NOT NULL,
  epoch BIGINT NOT NULL
);
CREATE INDEX tree_calls_by_root ON tree_calls (root_task_id);
`,
};
