/** What one attempt to deliver has come to. */
export type AttemptOutcome =
  /** Answered with success. */
  | { kind: 'delivered'; responseStatus: number | null }
  /** To be tried again, no sooner than the receiver asks. */
  | { kind: 'failed'; responseStatus: number | null; askedPauseMs: number | null }
  /** Never to be tried again. `isGone`: nor anything else, the receiver is no more. */
  | { kind: 'refused'; responseStatus: number | null; isGone: boolean }
  /** This process ends: somebody else, or the next start, sends it at once. */
  | { kind: 'stopped' };
