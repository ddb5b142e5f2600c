import type { DatabaseConnection, Driver } from 'kysely';

/** A driver of the query builder over one connection, whose transaction is the store's: the builder may open none. */
export class LentConnection implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  beginTransaction(): Promise<void> {
    return refuseTransaction();
  }
  commitTransaction(): Promise<void> {
    return refuseTransaction();
  }
  rollbackTransaction(): Promise<void> {
    return refuseTransaction();
  }
}

function refuseTransaction(): Promise<never> {
  return Promise.reject(new TypeError('Transactions are opened by store.write, never by the query builder.'));
}
