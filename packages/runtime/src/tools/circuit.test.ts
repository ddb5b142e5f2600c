import { describe, expect, it } from 'vitest';
import { type Circuit, enter, leave, unknownCircuit } from './circuit.ts';

/** Lets calls end one after the other, at one instant. */
function after(outcomes: readonly ('answer' | 'fault' | 'given-up')[], now = 0): Circuit {
  return outcomes.reduce<Circuit>(
    (circuit, outcome) => leave(enter(circuit, now) ?? circuit, outcome, now),
    unknownCircuit,
  );
}

const faults = Array.from({ length: 5 }, () => 'fault' as const);

describe('a circuit', () => {
  it('opens after five faults in a row, and not before', () => {
    expect(after(faults.slice(1))).toEqual({ state: 'closed', faults: 4 });
    expect(after([...faults.slice(1), 'answer', ...faults.slice(1)])).toEqual({ state: 'closed', faults: 4 });
    expect(after([...faults.slice(1), 'given-up'])).toEqual({ state: 'closed', faults: 4 });
    expect(after(faults)).toEqual({ state: 'open', until: 10_000, openMs: 10_000 });
  });

  it('refuses calls while it is open, then lets one pass', () => {
    const open = after(faults);
    expect(enter(open, 9_999)).toBeNull();
    const probing = enter(open, 10_000);
    expect(probing).toEqual({ state: 'probing', openMs: 10_000 });
    expect(enter(probing ?? open, 10_001)).toBeNull();
  });

  it('closes with a good answer, opens for twice as long with a fault, and asks again where the caller left', () => {
    const probing: Circuit = { state: 'probing', openMs: 10_000 };
    expect(leave(probing, 'answer', 10_000)).toEqual(unknownCircuit);
    expect(leave(probing, 'fault', 10_000)).toEqual({ state: 'open', until: 30_000, openMs: 20_000 });
    expect(leave(probing, 'given-up', 10_000)).toEqual({ state: 'open', until: 10_000, openMs: 10_000 });
  });

  it('stays open for five minutes at most, and as long as it was where late answers come in', () => {
    const long: Circuit = { state: 'probing', openMs: 290_000 };
    expect(leave(long, 'fault', 0)).toEqual({ state: 'open', until: 300_000, openMs: 300_000 });
    const open = after(faults);
    expect(leave(open, 'answer', 1)).toBe(open);
    expect(leave(open, 'fault', 1)).toBe(open);
  });
});
