/** What is wrong with a store. Each keeps it from being opened, but `store.unwalled`, which is only told. */
export type StoreErrorCode =
  /** The folder holds no data of Runctl. */
  | 'store.missing'
  /** Another process uses the folder. */
  | 'store.locked'
  /** The database does not answer, or refuses. */
  | 'store.unreachable'
  /**
   * Row security does not bind the user of the database: tenants stand behind one wall only. The runtime works; it is
   * `onError`, and so the log, that is told.
   */
  | 'store.unwalled'
  /** What is in the database is not what was written, or is none. */
  | 'store.damaged'
  /** A backup could not be written, read or restored. */
  | 'store.backup_failed'
  /** The schema is of a newer version of Runctl. */
  | 'store.schema_newer'
  /** The schema is of an older version of Runctl, and may not be brought up to date here. */
  | 'store.schema_older';

/** What is wrong with a store; `message` says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** What is wrong with the store. */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
