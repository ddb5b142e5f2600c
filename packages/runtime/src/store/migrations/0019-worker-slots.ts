/** How many tasks a process may run at once, so that each has its share of the agents' slots. Null: it did not say. */
export const workerSlots = {
  name: '0019-worker-slots',
  sql: `
ALTER TABLE workers ADD COLUMN slots BIGINT;
`,
};
