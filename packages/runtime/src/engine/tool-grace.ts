/** What a tool gets after its task was cancelled, milliseconds: time to leave its own house in order. */
const cancelGraceMs = 5_000;

/**
 * The signal that a tool sees. A cancelled task lets it finish for a while; a timeout and a shutdown, which has waited
 * already, end it at once.
 */
export class ToolGrace {
  readonly #run: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(run: AbortSignal) {
    this.#run = run;
    if (run.aborted) this.#onAbort();
    else run.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles as the work does, or rejects when the grace is over: a tool that does not listen keeps nobody waiting. */
  async within<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this;
    let onOver: (() => void) | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      onOver = () => reject(signal.reason);
      if (signal.aborted) onOver();
      else signal.addEventListener('abort', onOver, { once: true });
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      if (onOver !== undefined) signal.removeEventListener('abort', onOver);
    }
  }

  /** Lets go of the run. */
  close(): void {
    clearTimeout(this.#timer);
    this.#run.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const { reason } = this.#run;
    if (reason !== 'cancelled') this.#controller.abort(reason);
    else this.#timer = setTimeout(() => this.#controller.abort(reason), cancelGraceMs);
  };
}
