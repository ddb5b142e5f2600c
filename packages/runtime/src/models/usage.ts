import type { LanguageModelV3Usage } from '@ai-sdk/provider';
import type { TokenUsage } from '@runctl/tasks';
import { costOf } from './rate-card.ts';

/** More tokens in one call than any model takes: such a report is a fault of the provider's. */
const MOST_TOKENS = 100_000_000;

/**
 * A provider's report as usage. Each number is held between 0 and the bound of its kind, so that a negative, missing
 * or absurd one can make no bill negative: parts are never more than their total. A call whose provider reported
 * nothing at all has an unknown cost.
 */
export function usageOf(provider: string, model: string, reported: LanguageModelV3Usage): TokenUsage {
  const inputTokens = clamp(reported.inputTokens.total);
  const outputTokens = clamp(reported.outputTokens.total);
  const cacheReadTokens = clamp(reported.inputTokens.cacheRead, inputTokens);
  const tokens = {
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens: clamp(reported.inputTokens.cacheWrite, inputTokens - cacheReadTokens),
    outputTokens,
    reasoningTokens: clamp(reported.outputTokens.reasoning, outputTokens),
  };
  const isReported = reported.inputTokens.total !== undefined || reported.outputTokens.total !== undefined;
  return { ...tokens, costUsd: isReported ? costOf(provider, model, tokens) : null };
}

function clamp(tokens: number | undefined, most = MOST_TOKENS): number {
  return tokens === undefined || Number.isNaN(tokens) ? 0 : Math.min(Math.max(Math.trunc(tokens), 0), most);
}
