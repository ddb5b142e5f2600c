import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is looked at, milliseconds: often enough to see a stall, seldom enough to cost nothing. */
const resolutionMs = 100;

/** How late this process's timers are. */
export class EventLoopLag {
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#delays.enable();
  }

  /** Milliseconds that 99 of 100 looks were late at most, since this was last asked. */
  take(): number {
    const p99 = this.#delays.percentile(99) / 1e6;
    this.#delays.reset();
    return Number.isFinite(p99) ? Math.max(0, Math.round(p99 - resolutionMs)) : 0;
  }

  stop(): void {
    this.#delays.disable();
  }
}
