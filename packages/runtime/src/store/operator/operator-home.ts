import type { Query, WriteTransaction } from '../store.ts';

/**
 * The data of a home in the operator's hands, beside the runtimes that may be running on it: it claims no tasks, holds
 * no lock, and writes in short transactions that take their turn.
 */
export interface OperatorHome {
  readonly kind: 'sqlite' | 'postgres';
  readonly query: Query;
  /** Accounts alone: tasks and events are for a runtime, which refuses them here. */
  write<Result>(work: (transaction: WriteTransaction) => Promise<Result>): Promise<Result>;
  /** Every table whose rows belong to tenants, as the database itself has them. */
  tenantTables(): Promise<string[]>;
  /** How many rows of a table are a tenant's. */
  countRows(table: string, tenantId: string): Promise<number>;
  /** Removes some of them, those of the audit log too, which no runtime can. Answers with how many. */
  deleteRows(table: string, tenantId: string): Promise<number>;
  close(): Promise<void>;
}

/** Rows that one statement deletes at most: others wait for it. */
export const rowsAtOnce = 2_000;

/** A transaction for what belongs to accounts. */
export function accountsOnly(query: Query): WriteTransaction {
  const refuse = () => {
    throw new TypeError('Tasks and events are changed by a runtime, not beside it.');
  };
  // Those who schedule look by themselves, and see what changed.
  const wake = () => undefined;
  return { query, insertTasks: refuse, changed: refuse, addEvents: refuse, poke: refuse, wake };
}

/** A name from the database's own list, fit to stand in a statement. */
export function quoted(table: string): string {
  return `"${table.replaceAll('"', '""')}"`;
}
