import { describe, expect, it } from 'vitest';
import { isId, newId } from './ids.ts';

describe('ids', () => {
  it('grow, within a millisecond and when the clock goes back', () => {
    const now = Date.now();
    const ids = [
      ...Array.from({ length: 5_000 }, () => newId('tsk', now)),
      newId('tsk', now - 60_000),
      newId('tsk', now + 1),
    ];
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(isId)).toBe(true);
  });

  it('do not repeat each other’s random part', () => {
    const tails = Array.from({ length: 1_000 }, (_, at) => newId('tsk', 2_000_000_000_000 + at).slice(-16));
    expect(new Set(tails).size).toBe(1_000);
    for (const letter of '0123456789abcdefghjkmnpqrstvwxyz') expect(tails.join('')).toContain(letter);
  });

  it('are told from other texts', () => {
    for (const text of [
      '',
      'tsk_',
      'agt_invalid',
      `tsk_${'A'.repeat(26)}`,
      `tsk_${'a'.repeat(27)}`,
      `tsk_${'a'.repeat(26)}\n`,
    ]) {
      expect(isId(text)).toBe(false);
    }
  });
});
