import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor } from './front-door.test-rig.ts';

/** Of two means: beyond this they differ, as side-channel tests have it. */
const significant = 4.5;
const samples = 10_000;

let door: FrontDoor;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());

describe('the time of an answer', () => {
  it('tells nothing of how much of a key was right', async () => {
    // A busy machine may explain one difference; what is really there shows each time.
    const found: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const t = await difference();
      if (Math.abs(t) < significant) return;
      found.push(t);
    }
    expect(found).toEqual([]);
  });
});

/** Welch's t of refusing keys that begin as a good one does, and keys that do not; in a random order. */
async function difference(): Promise<number> {
  const right = Array.from({ length: samples / 2 }, () => wrongKey(door.apiKey.slice(0, 28)));
  const wrong = Array.from({ length: samples / 2 }, () => wrongKey('rctl_'));
  const tries = [...right.map((key) => ({ key, isRight: true })), ...wrong.map((key) => ({ key, isRight: false }))];
  const took = { right: [] as number[], wrong: [] as number[] };
  for (const { key, isRight } of shuffled(tries)) {
    const startedAt = performance.now();
    expect(await door.services.authentication.principalOf(key)).toBeNull();
    took[isRight ? 'right' : 'wrong'].push(performance.now() - startedAt);
  }
  return welch(withoutTail(took.right), withoutTail(took.wrong));
}

function wrongKey(begin: string): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let key = begin;
  while (key.length < 37) key += letters[Math.floor(Math.random() * letters.length)];
  // As it would come from a request: one piece, not a chain of them that is joined when it is first read.
  return Buffer.from(key).toString();
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Pauses of the machine are no time that the code takes. */
function withoutTail(times: readonly number[]): number[] {
  return [...times].sort((a, b) => a - b).slice(0, Math.floor(times.length * 0.9));
}

function welch(a: readonly number[], b: readonly number[]): number {
  const [one, two] = [momentsOf(a), momentsOf(b)];
  return (one.mean - two.mean) / Math.sqrt(one.variance / a.length + two.variance / b.length);
}

function momentsOf(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, variance };
}
