import type { Store } from '../../store/store.ts';

/** Where no news arrives, a held request looks by itself this often, milliseconds. */
const lookAgainMs = 1_000;

/** One listener on the store for all who wait for something to happen to an agent. */
export class AgentWatch {
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #stops: readonly (() => void)[];
  #isClosed = false;

  constructor(store: Pick<Store, 'onNewEvents' | 'onMissedNews'>) {
    this.#stops = [
      store.onNewEvents((subjectId) => {
        const waiting = this.#waiting.get(subjectId);
        if (waiting !== undefined) for (const look of [...waiting]) look();
      }),
      store.onMissedNews(() => this.#lookAll()),
    ];
  }

  /**
   * Looks until the look says that it is enough, the time is up, or the client has left: at once, then after each event
   * of the agent, and now and then in between.
   */
  async until<Seen>(
    agentId: string,
    look: () => Promise<Seen>,
    isEnough: (seen: Seen) => boolean,
    { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  ): Promise<Seen> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      // Listening starts before the look, so that no event falls between.
      const news = this.#next(agentId, Math.min(lookAgainMs, deadline - performance.now()), signal);
      try {
        const seen = await look();
        if (isEnough(seen) || performance.now() >= deadline || signal.aborted || this.#isClosed) return seen;
        await news.arrived;
      } finally {
        news.stop();
      }
    }
  }

  /** Lets everyone who waits go at once, and nobody wait from now on: the process is about to end. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    this.#lookAll();
  }

  #lookAll(): void {
    for (const waiting of this.#waiting.values()) for (const look of [...waiting]) look();
  }

  #next(agentId: string, timeoutMs: number, signal: AbortSignal): { arrived: Promise<void>; stop: () => void } {
    const waiting = this.#waiting.get(agentId) ?? new Set();
    this.#waiting.set(agentId, waiting);
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const timer = setTimeout(arrive, Math.max(timeoutMs, 0));
    waiting.add(arrive);
    signal.addEventListener('abort', arrive);
    return {
      arrived,
      stop: () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', arrive);
        waiting.delete(arrive);
        if (waiting.size === 0) this.#waiting.delete(agentId);
      },
    };
  }
}
