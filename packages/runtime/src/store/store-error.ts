/** Why a store could not be opened or used; `message` says what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** `store.locked`: another process uses the folder. */
  readonly code: 'store.locked';

  constructor(code: 'store.locked', message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
