/** Positions of an element in the one sequence and in the other. */
export type Match = readonly [number, number];

/** Cells of a table that still fit: 8 MB, two traces of 2,000 steps that have nothing in common at their ends. */
const mostCells = 4_000_000;
/** Beyond that: how far ahead a match is looked for. */
const lookAhead = 200;

/**
 * A longest common subsequence, as matches in order. Sequences too long for a table are matched greedily within a
 * window: still in order, no longer the longest.
 */
export function longestCommonSubsequence(base: readonly string[], other: readonly string[]): Match[] {
  const shorter = Math.min(base.length, other.length);
  let head = 0;
  while (head < shorter && base[head] === other[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && base[base.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  const middle = matchMiddle(base.slice(head, base.length - tail), other.slice(head, other.length - tail));
  return [
    ...Array.from({ length: head }, (_, index): Match => [index, index]),
    ...middle.map(([i, j]): Match => [i + head, j + head]),
    ...Array.from({ length: tail }, (_, index): Match => [base.length - tail + index, other.length - tail + index]),
  ];
}

function matchMiddle(base: readonly string[], other: readonly string[]): Match[] {
  return base.length * other.length > mostCells ? matchGreedily(base, other) : matchByTable(base, other);
}

/** The textbook's table: how many matches are possible from (i, j) on. */
function matchByTable(base: readonly string[], other: readonly string[]): Match[] {
  const width = other.length + 1;
  const possible = new Uint16Array((base.length + 1) * width);
  const at = (i: number, j: number): number => possible[i * width + j] ?? 0;
  for (let i = base.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      possible[i * width + j] = base[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const matches: Match[] = [];
  for (let i = 0, j = 0; at(i, j) > 0; ) {
    if (base[i] === other[j]) matches.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return matches;
}

function matchGreedily(base: readonly string[], other: readonly string[]): Match[] {
  const matches: Match[] = [];
  let next = 0;
  for (const [i, element] of base.entries()) {
    const ahead = other.slice(next, next + lookAhead).indexOf(element);
    if (ahead < 0) continue;
    matches.push([i, next + ahead]);
    next += ahead + 1;
  }
  return matches;
}
