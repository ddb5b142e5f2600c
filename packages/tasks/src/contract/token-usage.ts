/** Tokens as totals and their parts: input = uncached + cache read + cache write; output includes reasoning. */
export interface TokenUsage {
  /** Tokens sent to models, cached ones included. */
  inputTokens: number;
  /** Of these, read from a provider's cache. */
  cacheReadTokens: number;
  /** Of these, written to a provider's cache. */
  cacheWriteTokens: number;
  /** Tokens that models answered with, reasoning included. */
  outputTokens: number;
  /** Of these, reasoning. */
  reasoningTokens: number;
  /** US dollars, 6 decimals. Null where a model's price is unknown: never 0, never a guess. */
  costUsd: number | null;
}

/** What a task has used so far. Inherited and replayed steps cost nothing again. */
export interface TaskUsage extends TokenUsage {
  /** Steps executed. */
  steps: number;
  /** Calls of models among them. */
  modelCalls: number;
  /** Calls of tools among them. */
  toolCalls: number;
}
