/** When what people are asked expires, read from where it stands: what a task waits for, as it is told. */
export const actionsDue = {
  name: '0011-actions-due',
  sql: '',
  sqlite: `
CREATE INDEX tasks_actions_due ON tasks (json_extract(waiting_for, '$.expiresAt')) WHERE status = 'waiting';
`,
  postgres: `
CREATE INDEX tasks_actions_due ON tasks ((waiting_for::json ->> 'expiresAt')) WHERE status = 'waiting';
`,
};
