import { createRequire } from 'node:module';
import type { SqliteConnection, SqliteStatement } from '../store/sqlite/connection.ts';

// Loaded into a process before Runctl is. It stands between the store and its driver, so that the store needs no place
// for faults: at the n-th commit that changes something the process is killed, or the disk fails to sync.

const [fault = '', at = '0'] = (process.env.RUNCTL_TEST_COMMIT_FAULT ?? '').split(' ');

interface DriverModule {
  prototype: SqliteConnection;
}

function driver(): DriverModule {
  const builtIn = process.getBuiltinModule('node:sqlite') as { DatabaseSync: DriverModule } | undefined;
  return builtIn?.DatabaseSync ?? (createRequire(import.meta.url)('libsql') as DriverModule);
}

const { prototype } = driver();
const { exec, prepare } = prototype;
/** Rows that each connection had changed at its last commit. */
const changedBefore = new WeakMap<SqliteConnection, number>();
let commits = 0;

/** Commits without a change are many, and come with time; they are not counted. */
function changesSomething(connection: SqliteConnection): boolean {
  const [row] = prepare.call(connection, 'SELECT total_changes() AS changes').all() as [{ changes: number }];
  const isChange = row.changes !== (changedBefore.get(connection) ?? 0);
  changedBefore.set(connection, row.changes);
  return isChange;
}

function commit<Result>(connection: SqliteConnection, doIt: () => Result): Result {
  if (!changesSomething(connection)) return doIt();
  commits += 1;
  if (commits !== Number(at)) return doIt();
  if (fault === 'failed-sync') {
    exec.call(connection, 'ROLLBACK');
    throw Object.assign(new RangeError('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
  }
  if (fault === 'die-before') process.kill(process.pid, 'SIGKILL');
  const result = doIt();
  process.kill(process.pid, 'SIGKILL');
  return result;
}

const isCommit = (sql: string) => /^\s*(?:COMMIT|END)\b/i.test(sql);

prototype.exec = function (this: SqliteConnection, sql: string): void {
  if (isCommit(sql)) commit(this, () => exec.call(this, sql));
  else exec.call(this, sql);
};
prototype.prepare = function (this: SqliteConnection, sql: string): SqliteStatement {
  const statement = prepare.call(this, sql);
  if (isCommit(sql)) {
    const { run } = statement;
    statement.run = (...values) => commit(this, () => run.apply(statement, values));
  }
  return statement;
};
