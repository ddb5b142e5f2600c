import type { Rate } from '@runctl/agents';

/** Fewer samples say nothing. */
export const fewestSamples = 20;

/** Of the standard normal distribution, for 95 %. */
const z = 1.959964;

/**
 * A share with its Wilson score interval, which stays within 0 and 1 and holds for small samples and shares near the
 * ends. Null below {@link fewestSamples}.
 *
 * @see https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function rate(hits: number, n: number): Rate {
  if (n < fewestSamples) return { value: null, n, low: null, high: null };
  const share = hits / n;
  const center = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return { value: round(share), n, low: round(Math.max(0, center - half)), high: round(Math.min(1, center + half)) };
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;
