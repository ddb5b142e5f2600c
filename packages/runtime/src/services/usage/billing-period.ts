const dayMs = 24 * 60 * 60 * 1_000;

/** A stretch of time: `start` inclusive, `end` exclusive, milliseconds since the epoch. */
export interface TimeSpan {
  start: number;
  end: number;
}

/** The day of an instant, from midnight to midnight UTC. */
export function dayOf(now: number): TimeSpan {
  const start = Math.floor(now / dayMs) * dayMs;
  return { start, end: start + dayMs };
}

/** The calendar month of an instant, UTC: the billing period where no provider says another one. */
export function monthOf(now: number): TimeSpan {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { start: Date.UTC(year, month, 1), end: Date.UTC(year, month + 1, 1) };
}
