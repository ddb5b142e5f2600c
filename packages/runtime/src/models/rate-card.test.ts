import { describe, expect, it } from 'vitest';
import { costOf } from './rate-card.ts';

const used = (change: object = {}) => ({
  inputTokens: 1_000_000,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  ...change,
});

describe('the price of a call', () => {
  it.each([
    ['the input', {}, 3],
    ['input that was kept before', { cacheReadTokens: 1_000_000 }, 0.3],
    ['input that is kept from now on', { cacheWriteTokens: 1_000_000 }, 3.75],
    ['each part at its own rate', { cacheReadTokens: 500_000, cacheWriteTokens: 100_000 }, 1.725],
    ['the output, reasoning included', { inputTokens: 0, outputTokens: 1_000_000, reasoningTokens: 900_000 }, 15],
  ])('counts %s', (_what, change, dollars) => {
    expect(costOf('anthropic', 'claude-sonnet-4-5', used(change))).toBe(dollars);
  });

  it('is another one for all of a call whose input is long', () => {
    expect(costOf('google', 'gemini-2.5-pro', used({ inputTokens: 200_000, outputTokens: 100_000 }))).toBe(1.25);
    expect(costOf('google', 'gemini-2.5-pro', used({ inputTokens: 200_001, outputTokens: 100_000 }))).toBe(2.000003);
  });

  it('is unknown, not nothing, where no list has the model, also under another provider', () => {
    expect(costOf('anthropic', 'claude-of-tomorrow', used())).toBeNull();
    expect(costOf('openai-compatible', 'gpt-4o', used())).toBeNull();
    expect(costOf('openai', '__proto__', used())).toBeNull();
  });
});
