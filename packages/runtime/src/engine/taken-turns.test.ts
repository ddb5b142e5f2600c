import { describe, expect, it } from 'vitest';
import type { Lane } from './policy.ts';
import { TakenTurns } from './taken-turns.ts';

/** A tenant with so many tasks, which came at an instant and after it. */
function lane(tenant: string, { running = 0, since = 0, count = 10 } = {}): Lane {
  const heads = Array.from({ length: count }, (_, at) => ({ taskId: `${tenant}-${since + at}`, orderKey: since + at }));
  return { tenantId: tenant, agentId: `agent of ${tenant}`, running, replicas: 100, heads };
}

/** One slot at a time, each free again at once: who gets it. */
function inTurn(turns: TakenTurns, lanes: readonly Lane[], times: number): string {
  return Array.from({ length: times }, () => turns.pick(lanes, 1)[0]?.split('-')[0]).join('');
}

describe('turns', () => {
  it('go round among tenants that hold as many slots, whoever has waited longest', () => {
    const lanes = [lane('a', { since: 0 }), lane('b', { since: 50 }), lane('c', { since: 100 })];
    expect(inTurn(new TakenTurns(), lanes, 7)).toBe('abcabca');
  });

  it('come to who has just arrived, though as many tenants as there are slots have been at it for long', () => {
    const turns = new TakenTurns();
    const floods = [lane('a'), lane('b')];
    expect(inTurn(turns, floods, 4)).toBe('abab');
    // A slot of a is free again, and b holds the other.
    const next = [lane('a'), lane('b', { running: 1 }), lane('n', { since: 1_000, count: 1 })];
    expect(turns.pick(next, 1)).toEqual(['n-1000']);
  });

  it('are remembered of so many tenants only', () => {
    const turns = new TakenTurns({ mostTenants: 2 });
    for (const tenant of ['a', 'b', 'c']) turns.pick([lane(tenant)], 1);
    expect([...turns.turns.keys()]).toEqual(['b', 'c']);
  });
});
