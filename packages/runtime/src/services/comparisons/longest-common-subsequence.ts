/** Positions of an element in the one sequence and in the other. */
export type Match = readonly [number, number];

/** Cells of a table that still fit: 8 MB, two traces of 2,000 steps that have nothing in common at their ends. */
const mostCells = 4_000_000;
/** Beyond that: steps of one block. */
const blockLength = 1_000;

/**
 * A longest common subsequence, as matches in order. Sequences too long for a table are matched block by block: still
 * in order, no longer the longest.
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
  return base.length * other.length > mostCells ? matchInBlocks(base, other) : matchByTable(base, other);
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

function matchInBlocks(base: readonly string[], other: readonly string[]): Match[] {
  const blocks = Math.ceil(Math.max(base.length, other.length) / blockLength);
  const startOf = (block: number, { length }: readonly string[]) => Math.floor((block * length) / blocks);
  return Array.from({ length: blocks }, (_, block) => block).flatMap((block) => {
    const [i, j] = [startOf(block, base), startOf(block, other)];
    const within = matchByTable(base.slice(i, startOf(block + 1, base)), other.slice(j, startOf(block + 1, other)));
    return within.map(([fromI, fromJ]): Match => [i + fromI, j + fromJ]);
  });
}
