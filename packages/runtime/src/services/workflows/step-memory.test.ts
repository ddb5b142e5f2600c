import { describe, expect, it } from 'vitest';
import { StepMemory } from './step-memory.ts';

const steps = (version: number, size = 10) => ({ version, steps: [], size });

describe('the memory of steps', () => {
  it('knows the steps of a workflow as of the version that they were remembered with, and of no other', () => {
    const memory = new StepMemory();
    memory.set('wfl_1', steps(3));
    expect(memory.get('wfl_1', 3)).toEqual(steps(3));
    expect(memory.get('wfl_1', 4)).toBeUndefined();
    memory.set('wfl_1', steps(4));
    expect(memory.get('wfl_1', 3)).toBeUndefined();
    expect(memory.get('wfl_1', 4)).toEqual(steps(4));
  });

  it('lets what was remembered first give way where there is too much, and takes nothing that is too large by itself', () => {
    const memory = new StepMemory(30);
    for (const id of ['a', 'b', 'c', 'd']) memory.set(id, steps(1));
    expect(['a', 'b', 'c', 'd'].filter((id) => memory.get(id, 1) !== undefined)).toEqual(['b', 'c', 'd']);
    memory.set('b', steps(2, 31));
    expect(['b', 'c', 'd'].map((id) => memory.get(id, id === 'b' ? 2 : 1)?.version)).toEqual([undefined, 1, 1]);
    memory.forget('c');
    memory.set('e', steps(1, 20));
    expect(['d', 'e'].every((id) => memory.get(id, 1) !== undefined)).toBe(true);
  });
});
