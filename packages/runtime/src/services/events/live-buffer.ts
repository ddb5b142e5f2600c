import type { LiveEvent } from '../../engine/output-deltas.ts';

/** Letters of text that wait for one reader. */
const mostText = 65_536;

/**
 * What one reader has not been given yet of what nobody keeps. Text grows together while the reader is busy; of a step
 * that writes more than he takes, he gets the rest with the step's end.
 */
export class LiveBuffer {
  #events: LiveEvent[] = [];
  #textLength = 0;
  /** Steps up to here have ended for the reader: what comes of them later is too late. */
  #endedStep = 0;
  /** The step whose text is no longer taken. */
  #fullStep = 0;

  /** Takes an event in; false where there is nothing to give for it. */
  push(event: LiveEvent): boolean {
    if (event.step <= this.#endedStep || (event.type === 'output.delta' && event.step === this.#fullStep)) return false;
    if (event.type === 'step.started') {
      this.#events.push(event);
      return true;
    }
    if (this.#textLength + event.text.length > mostText) {
      this.#fullStep = event.step;
      return false;
    }
    this.#textLength += event.text.length;
    const last = this.#events.at(-1);
    if (last?.type === 'output.delta' && last.step === event.step) last.text += event.text;
    else this.#events.push({ ...event });
    return true;
  }

  /** How many events wait. */
  get length(): number {
    return this.#events.length;
  }

  /** Takes out the first `count`. */
  take(count: number): LiveEvent[] {
    return this.#took(this.#events.splice(0, count));
  }

  /** Takes out what belongs before the end of a step, and lets no more of it in. */
  takeUpTo(step: number): LiveEvent[] {
    const due = this.#events.filter((event) => event.step <= step);
    this.#events = this.#events.filter((event) => event.step > step);
    this.#endedStep = Math.max(this.#endedStep, step);
    return this.#took(due);
  }

  #took(events: LiveEvent[]): LiveEvent[] {
    for (const event of events) if (event.type === 'output.delta') this.#textLength -= event.text.length;
    return events;
  }
}
