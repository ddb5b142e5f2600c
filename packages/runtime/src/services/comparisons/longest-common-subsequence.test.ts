import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestCommonSubsequence } from './longest-common-subsequence.ts';

const letters = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 });

/** The definition, by trying everything. */
function longest(base: readonly string[], other: readonly string[]): number {
  const [first, ...rest] = base;
  if (first === undefined) return 0;
  const at = other.indexOf(first);
  const withFirst = at < 0 ? 0 : 1 + longest(rest, other.slice(at + 1));
  return Math.max(withFirst, longest(rest, other));
}

describe('a longest common subsequence', () => {
  it('is common, in order, and none is longer', () => {
    fc.assert(
      fc.property(letters, letters, (base, other) => {
        const matches = longestCommonSubsequence(base, other);
        expect(matches).toHaveLength(longest(base, other));
        for (const [index, [i, j]] of matches.entries()) {
          expect(base[i]).toBe(other[j]);
          const [previousI, previousJ] = matches[index - 1] ?? [-1, -1];
          expect(i > previousI && j > previousJ).toBe(true);
        }
      }),
    );
  });

  it('of sequences that are too long for a table is still common and in order', () => {
    const letter = (index: number, seed: number) => `${(index * seed) % 97}`;
    const [base, other] = [7, 11].map((seed) => Array.from({ length: 2_500 }, (_, index) => letter(index + 1, seed)));
    const matches = longestCommonSubsequence(base ?? [], other ?? []);
    expect(matches.length).toBeGreaterThan(100);
    expect(matches.every(([i, j]) => base?.[i] === other?.[j])).toBe(true);
    expect(
      matches.every(
        ([i, j], index) => index === 0 || (i > (matches[index - 1]?.[0] ?? 0) && j > (matches[index - 1]?.[1] ?? 0)),
      ),
    ).toBe(true);
  });
});
