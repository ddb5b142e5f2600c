import { describe, expect, it } from 'vitest';
import { ProviderRetryBudget } from './provider-retry-budget.ts';

describe('a budget of retries', () => {
  it('is spent by a provider that is down, and then one call in five is tried again', () => {
    const budget = new ProviderRetryBudget();
    let retries = 0;
    for (let call = 0; call < 200; call += 1) {
      budget.onCall('a');
      for (let attempt = 2; attempt <= 4; attempt += 1) if (budget.take('a')) retries += 1;
    }
    // Without a budget it would be 600.
    expect(retries).toBe(20 + 39);
  });

  it('is one for each address', () => {
    const budget = new ProviderRetryBudget();
    while (budget.take('a'));
    expect([budget.take('a'), budget.take('b')]).toEqual([false, true]);
  });

  it('fills up again with calls, to its brim and no further', () => {
    const budget = new ProviderRetryBudget();
    while (budget.take('a'));
    for (let call = 0; call < 1_000; call += 1) budget.onCall('a');
    let retries = 0;
    while (budget.take('a')) retries += 1;
    expect(retries).toBe(20);
  });

  it('forgets addresses that were not called for long, rather than grow', () => {
    const budget = new ProviderRetryBudget();
    while (budget.take('a'));
    for (let each = 0; each < 1_000; each += 1) budget.onCall(`b${each}`);
    expect(budget.take('a')).toBe(true);
  });
});
