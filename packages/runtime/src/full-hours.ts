/** Milliseconds of an hour: sums of the past are kept by nothing finer. */
export const hourMs = 60 * 60_000;

/** The first instant of the hour in which one lies, UTC. Both in milliseconds since the epoch. */
export function hourOf(instant: number): number {
  return Math.floor(instant / hourMs) * hourMs;
}
