// What is due stands in the tables. A look that has found nothing finds nothing again until somebody writes, or until
// the next instant that it has read there; so it rests until then, and a process without work does next to nothing.
//
//   resting --news, or its instant--> wanted --everyMs behind the last look--> looking --> resting
//                                        ^-------- news meanwhile, or a failure ----'
//
// Behind it stands a slow look, for news that is lost and for what nobody thought of.

/** What is looked for, and how often. */
export interface Look {
  /**
   * Does what is to be done now. Gives when the next of what it knows of is due, milliseconds since the epoch, or
   * undefined where that is nothing.
   */
  look: () => Promise<number | undefined>;
  /** From the end of one look to the next one pass so many milliseconds, whatever is due. */
  everyMs: number;
  /** After so many milliseconds it looks though there was no news. Default: what the store holds for enough. */
  restMs?: number;
  /** Tells by which clock things are due. Default: that of the store. */
  now?: () => number;
  /** Told of a look that failed; it is tried again after `everyMs`. Default: nobody. */
  onError?: (error: unknown) => void;
}

/** A look that goes on until it is stopped; the first one comes after `everyMs`. */
export interface Lookout {
  /** Looks now, or right after the look that is under way. */
  wake(): void;
  /** Looks once more, whether there is news or not, as soon as a look may follow the last one. */
  lookAgain(): void;
  /** Looks no more; resolves when what is under way is done. */
  stop(): Promise<void>;
}

/** After the first news it waits so long for what comes with it, milliseconds. */
const gatherMs = 50;
/** How often the clock itself is looked at, milliseconds: it may jump, and a machine that slept has to catch up. */
const clockMs = 1_000;

/** How a process looks. */
export interface LookoutsOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** After so many milliseconds a look is made though there was no news. */
  restMs: number;
  /**
   * Whether there is news. Asked whenever the timer wakes, and told whether somebody said so since it was last asked.
   * Default: there is where somebody said so.
   */
  confirm?: (isTold: boolean) => boolean;
}

/** What the looks of a process have in common: the news that wakes them, and one timer for all. */
export class Lookouts {
  readonly #options: LookoutsOptions;
  readonly #all = new Set<RestingLook>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;
  #isTold = false;
  #isClosed = false;

  constructor(options: LookoutsOptions) {
    this.#options = options;
  }

  /** Somebody may have written. Costs a comparison, but for the first time after the timer woke. */
  tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const at = performance.now();
    const free = Math.min(...[...this.#all].map((lookout) => lookout.freeAt));
    this.#wakeBy(Math.max(at + gatherMs, free));
  }

  /** Begins to look. */
  add(look: Look): Lookout {
    const { now, restMs } = this.#options;
    const lookout = new RestingLook({ now, restMs, ...look }, () => {
      this.#wakeBy(lookout.wantedAt(performance.now()));
      // All may have been looking when it was told.
      if (this.#isTold) this.#wakeBy(lookout.freeAt);
    });
    this.#all.add(lookout);
    this.#wakeBy(lookout.wantedAt(performance.now()));
    return {
      wake: () => lookout.wake(),
      lookAgain: () => lookout.lookAgain(),
      stop: () => {
        this.#all.delete(lookout);
        return lookout.stop();
      },
    };
  }

  /** Stops all of them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#all].map((lookout) => lookout.stop()));
  }

  #wakeBy(at: number): void {
    if (this.#isClosed || at >= this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => this.#woken(), Math.max(Math.ceil(at - performance.now()), 0)).unref();
  }

  #woken(): void {
    const at = performance.now();
    const { confirm = (isTold) => isTold } = this.#options;
    const isNews = confirm(this.#isTold);
    this.#isTold = false;
    this.#wakesAt = Number.POSITIVE_INFINITY;
    let next = at + clockMs;
    for (const lookout of this.#all) {
      if (isNews) lookout.tell();
      lookout.lookIfWanted(at);
      next = Math.min(next, lookout.wantedAt(at));
    }
    this.#wakeBy(next);
  }
}

type WholeLook = Look & Required<Pick<Look, 'now' | 'restMs'>>;

/** One look. Instants that are due go by the clock, pauses by the time since this process began. */
class RestingLook {
  readonly #look: WholeLook;
  readonly #onChange: () => void;
  /** From when on it may look. */
  #freeAt: number;
  #restsUntil: number;
  /** By the clock. */
  #dueAt = Number.POSITIVE_INFINITY;
  #isWanted = true;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(look: WholeLook, onChange: () => void) {
    this.#look = look;
    this.#onChange = onChange;
    this.#freeAt = performance.now() + look.everyMs;
    this.#restsUntil = this.#freeAt;
  }

  /** Never while it looks. */
  get freeAt(): number {
    return this.#looking === undefined && !this.#isStopped ? this.#freeAt : Number.POSITIVE_INFINITY;
  }

  /** When it wants to look, as things stand. */
  wantedAt(at: number): number {
    if (this.#isWanted) return this.freeAt;
    return Math.max(this.freeAt, Math.min(this.#restsUntil, at + this.#dueAt - this.#look.now()));
  }

  tell(): void {
    this.#isWanted = true;
  }

  lookAgain(): void {
    this.#isWanted = true;
    this.#onChange();
  }

  wake(): void {
    this.#freeAt = 0;
    this.lookAgain();
  }

  lookIfWanted(at: number): void {
    if (this.wantedAt(at) > at) return;
    this.#isWanted = false;
    this.#freeAt = Number.POSITIVE_INFINITY;
    this.#looking = this.#lookOnce().finally(() => {
      this.#looking = undefined;
      this.#onChange();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { look, everyMs, restMs, onError } = this.#look;
    try {
      this.#dueAt = (await look()) ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      this.#isWanted = true;
      if (!this.#isStopped) onError?.(error);
    }
    const at = performance.now();
    // Woken meanwhile: at once.
    this.#freeAt = Math.min(this.#freeAt, at + everyMs);
    this.#restsUntil = at + restMs;
  }
}
