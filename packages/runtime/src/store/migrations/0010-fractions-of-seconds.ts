/** A task may be given half a second. SQLite keeps such a number in any column; Postgres has to be told. */
export const fractionsOfSeconds = {
  name: '0010-fractions-of-seconds',
  sql: '',
  postgres: `
ALTER TABLE tasks ALTER COLUMN timeout_seconds TYPE DOUBLE PRECISION;
`,
};
