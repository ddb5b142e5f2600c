import type { TokenUsage } from '@runctl/tasks';

/** US dollars for a million tokens. */
interface Rate {
  input: number;
  cacheRead: number;
  output: number;
}

/**
 * By provider and exact model, as of 2026-03-21. A model that is not here has no price: its cost is null, never 0 and
 * never a guess.
 *
 * @see https://openai.com/api/pricing/
 */
const RATES: ReadonlyMap<string, Rate> = new Map([
  ['openai/gpt-5', { input: 1.25, cacheRead: 0.125, output: 10 }],
  ['openai/gpt-5-mini', { input: 0.25, cacheRead: 0.025, output: 2 }],
  ['openai/gpt-5-nano', { input: 0.05, cacheRead: 0.005, output: 0.4 }],
  ['openai/gpt-4.1', { input: 2, cacheRead: 0.5, output: 8 }],
  ['openai/gpt-4.1-mini', { input: 0.4, cacheRead: 0.1, output: 1.6 }],
  ['openai/gpt-4.1-nano', { input: 0.1, cacheRead: 0.025, output: 0.4 }],
  ['openai/gpt-4o', { input: 2.5, cacheRead: 1.25, output: 10 }],
  ['openai/gpt-4o-mini', { input: 0.15, cacheRead: 0.075, output: 0.6 }],
  ['openai/o3', { input: 2, cacheRead: 0.5, output: 8 }],
  ['openai/o4-mini', { input: 1.1, cacheRead: 0.275, output: 4.4 }],
]);

/** What a call cost, US dollars with 6 decimals; null where the model's price is unknown. */
export function costOf(provider: string, model: string, usage: Omit<TokenUsage, 'costUsd'>): number | null {
  const rate = RATES.get(`${provider}/${model}`);
  if (!rate) return null;
  const fullPrice = usage.inputTokens - usage.cacheReadTokens;
  const dollars = fullPrice * rate.input + usage.cacheReadTokens * rate.cacheRead + usage.outputTokens * rate.output;
  return Math.round(dollars) / 1_000_000;
}
