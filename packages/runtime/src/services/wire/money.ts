/** Dollars, from the millionths that are stored. Null: a price was unknown. */
export function toUsd(microUsd: number | null): number | null {
  return microUsd === null ? null : microUsd / 1_000_000;
}

/** Millionths of a dollar, as they are stored. */
export function fromUsd(usd: number): number {
  return Math.round(usd * 1_000_000);
}
