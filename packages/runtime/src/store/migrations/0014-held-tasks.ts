/** Tasks that wait since their tenant is held at its spend limit, in the order in which they go on. */
export const heldTasks = {
  name: '0014-held-tasks',
  sql: `
CREATE INDEX tasks_held ON tasks (tenant_id, order_key, id)
WHERE status = 'waiting' AND waiting_for = '{"kind":"budget","limit":"spend"}';
`,
};
