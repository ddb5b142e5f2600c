/** What kept a store from being opened. */
export type StoreErrorCode =
  /** Another process uses the folder. */
  | 'store.locked'
  /** The database does not answer, or refuses. */
  | 'store.unreachable';

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
