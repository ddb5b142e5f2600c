/** What kept a store from being opened. */
export type StoreErrorCode =
  /** The folder holds no data of Runctl. */
  | 'store.missing'
  /** Another process uses the folder. */
  | 'store.locked'
  /** The database does not answer, or refuses. */
  | 'store.unreachable'
  /** Row security does not bind the user of the database: tenants stand behind one wall only. */
  | 'store.unwalled'
  /** A backup could not be written, read or restored. */
  | 'store.backup_failed'
  /** The schema is of a newer version of Runctl. */
  | 'store.schema_newer'
  /** The schema is of an older version of Runctl, and may not be brought up to date here. */
  | 'store.schema_older';

/** Why a store could not be opened; `message` says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** What kept the store from being opened. */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
