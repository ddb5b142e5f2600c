/** Work that is being followed goes on, and can be followed again, though this following has failed; `cause` says why. */
export class WatchLost extends Error {
  override readonly name = 'WatchLost';

  /** `message` says how to follow it again. */
  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}
