import type { TokenUsage } from '@runctl/tasks';

/** US dollars for a million tokens. */
interface Rate {
  input: number;
  /** Input that the provider had kept from an earlier call. */
  cacheRead: number;
  /** Input that the provider keeps for later calls. Default: as `input`. */
  cacheWrite?: number;
  output: number;
  /** Of a call with more input tokens than `above`, all of it. */
  long?: { above: number; rate: Rate };
}

/** What one provider asked on a day. */
interface PriceList {
  provider: string;
  /** The day on which the rows were true. */
  asOf: string;
  source: string;
  /** By exact model. */
  rates: Readonly<Record<string, Rate>>;
}

const sonnet: Rate = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 };
const opus: Rate = { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 };
const opusUntil41: Rate = { input: 15, cacheRead: 1.5, cacheWrite: 18.75, output: 75 };
const haiku: Rate = { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 };

const PRICE_LISTS: readonly PriceList[] = [
  {
    provider: 'openai',
    asOf: '2026-03-21',
    source: 'https://openai.com/api/pricing/',
    rates: {
      'gpt-5': { input: 1.25, cacheRead: 0.125, output: 10 },
      'gpt-5-mini': { input: 0.25, cacheRead: 0.025, output: 2 },
      'gpt-5-nano': { input: 0.05, cacheRead: 0.005, output: 0.4 },
      'gpt-4.1': { input: 2, cacheRead: 0.5, output: 8 },
      'gpt-4.1-mini': { input: 0.4, cacheRead: 0.1, output: 1.6 },
      'gpt-4.1-nano': { input: 0.1, cacheRead: 0.025, output: 0.4 },
      'gpt-4o': { input: 2.5, cacheRead: 1.25, output: 10 },
      'gpt-4o-mini': { input: 0.15, cacheRead: 0.075, output: 0.6 },
      o3: { input: 2, cacheRead: 0.5, output: 8 },
      'o4-mini': { input: 1.1, cacheRead: 0.275, output: 4.4 },
    },
  },
  {
    // Cache writes are those of five minutes, the only ones that the runtime asks for.
    provider: 'anthropic',
    asOf: '2026-03-21',
    source: 'https://docs.anthropic.com/en/docs/about-claude/pricing',
    rates: {
      'claude-opus-4-6': opus,
      'claude-opus-4-5': opus,
      'claude-opus-4-5-20251101': opus,
      'claude-opus-4-1': opusUntil41,
      'claude-opus-4-1-20250805': opusUntil41,
      'claude-opus-4-0': opusUntil41,
      'claude-opus-4-20250514': opusUntil41,
      'claude-sonnet-4-6': sonnet,
      'claude-sonnet-4-5': sonnet,
      'claude-sonnet-4-5-20250929': sonnet,
      'claude-sonnet-4-0': sonnet,
      'claude-sonnet-4-20250514': sonnet,
      'claude-3-7-sonnet-20250219': sonnet,
      'claude-haiku-4-5': haiku,
      'claude-haiku-4-5-20251001': haiku,
      'claude-3-5-haiku-20241022': { input: 0.8, cacheRead: 0.08, cacheWrite: 1, output: 4 },
      'claude-3-haiku-20240307': { input: 0.25, cacheRead: 0.03, cacheWrite: 0.3, output: 1.25 },
    },
  },
  {
    provider: 'google',
    asOf: '2026-03-21',
    source: 'https://ai.google.dev/gemini-api/docs/pricing',
    rates: {
      'gemini-2.5-pro': {
        input: 1.25,
        cacheRead: 0.125,
        output: 10,
        long: { above: 200_000, rate: { input: 2.5, cacheRead: 0.25, output: 15 } },
      },
      'gemini-2.5-flash': { input: 0.3, cacheRead: 0.03, output: 2.5 },
      'gemini-2.5-flash-lite': { input: 0.1, cacheRead: 0.01, output: 0.4 },
    },
  },
];

/** By provider and exact model. */
const RATES: ReadonlyMap<string, Rate> = new Map(
  PRICE_LISTS.flatMap(({ provider, rates }) =>
    Object.entries(rates).map(([model, rate]): [string, Rate] => [`${provider}/${model}`, rate]),
  ),
);

/**
 * What a call cost, US dollars with 6 decimals. A model that is in no price list has no price: its cost is null, never
 * 0 and never a guess.
 */
export function costOf(provider: string, model: string, usage: Omit<TokenUsage, 'costUsd'>): number | null {
  const listed = RATES.get(`${provider}/${model}`);
  if (!listed) return null;
  const rate = listed.long !== undefined && usage.inputTokens > listed.long.above ? listed.long.rate : listed;
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  const dollars =
    (inputTokens - cacheReadTokens - cacheWriteTokens) * rate.input +
    cacheReadTokens * rate.cacheRead +
    cacheWriteTokens * (rate.cacheWrite ?? rate.input) +
    outputTokens * rate.output;
  return Math.round(dollars) / 1_000_000;
}
