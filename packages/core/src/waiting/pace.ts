import { checkNumber, LONGEST_TIMER_MS } from '../options/number-option.ts';
import type { WaitOptions } from '../options/request-options.ts';

/** No two looks follow each other faster, milliseconds, however small an interval was asked for. */
const FLOOR_MS = 100;
/** A held look that comes back unchanged before this was not held, milliseconds: the server does not long-poll. */
const HELD_MS = 1_000;
/** Quick changes that are followed at once. Past them each look waits for the floor. */
const BURST = 10;

/** What one look found. */
export interface LookOutcome {
  /** The version moved on. */
  changed: boolean;
  /** Milliseconds that the look took. */
  elapsedMs: number;
}

/** When the next look is due: at once while the server holds the looks itself, after an interval where it does not. */
export class Pace {
  /** Whether looks ask the server to hold them. */
  readonly longPolls: boolean;
  readonly #firstMs: number;
  readonly #factor: number;
  readonly #longestMs: number;
  #nextMs: number;
  #quickChanges = 0;

  /** @throws {RunctlConfigError} an interval or a factor is out of bounds */
  constructor(options: WaitOptions<never>) {
    const { pollIntervalMs, intervalMs, backoffFactor, maxIntervalMs } = options;
    const fixed = pollIntervalMs !== undefined;
    this.longPolls = [pollIntervalMs, intervalMs, backoffFactor, maxIntervalMs].every((option) => option === undefined);
    this.#firstMs = fixed ? interval('pollIntervalMs', pollIntervalMs) : interval('intervalMs', intervalMs ?? 1_000);
    this.#factor = fixed ? 1 : checkNumber('backoffFactor', backoffFactor ?? 1.5, { min: 1, max: 1_000 });
    this.#longestMs = fixed ? this.#firstMs : interval('maxIntervalMs', maxIntervalMs ?? 30_000);
    this.#nextMs = this.#firstMs;
  }

  /** Milliseconds until the next look. */
  next({ changed, elapsedMs }: LookOutcome): number {
    if (!this.longPolls) return this.#advance();
    if (changed) {
      this.#nextMs = this.#firstMs;
      this.#quickChanges = elapsedMs < FLOOR_MS ? this.#quickChanges + 1 : 0;
      return this.#quickChanges > BURST ? FLOOR_MS : 0;
    }
    return elapsedMs < HELD_MS ? this.#advance() : 0;
  }

  #advance(): number {
    const ms = Math.min(this.#nextMs, this.#longestMs);
    this.#nextMs = Math.min(ms * this.#factor, this.#longestMs);
    return ms;
  }
}

function interval(name: string, value: number): number {
  return Math.max(FLOOR_MS, checkNumber(name, value, { min: 0, max: LONGEST_TIMER_MS }));
}
