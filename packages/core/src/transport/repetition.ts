/** What is to be repeated. */
export interface Repetition<Value> {
  /** Where the attempts go. */
  url: string;
  /** Upper case. */
  method: string;
  /** Makes one attempt; rejects where it failed. */
  attempt: () => Promise<Value>;
  /** Resolves with true when the next attempt is due, with false where the error is the end of it. */
  untilRetry: (error: unknown) => Promise<boolean>;
}

/** Makes attempts until one succeeds, or rejects with the error of the last one where none is to follow. */
export type Repeat = <Value>(repetition: Repetition<Value>) => Promise<Value>;
