import { describe, expect, it } from 'vitest';
import type { LoopState } from './loop.ts';
import { applyOverrides } from './overrides.ts';
import { reactive } from './reactive.ts';

const agent = { systemPrompt: 'Be brief.', modelProvider: 'simulated', model: 'demo' };
const payload = { message: 'Old?', code: 'x' };
const fresh = reactive.start({ agent, input: { version: '1.0', payload }, memory: { a: 1, b: { c: 2, d: 3 } } });

const finished: LoopState = { ...fresh, messages: [...fresh.messages, { role: 'assistant', content: 'Done.' }] };

describe('the overrides of a fork', () => {
  it('leave everything as it was where there are none', () => {
    expect(applyOverrides(fresh, {})).toEqual(fresh);
  });

  it('replace key by key', () => {
    const replaced = applyOverrides(fresh, { systemPrompt: 'Be long.', modelProvider: 'openai', model: 'gpt-4.1' });
    expect(replaced).toEqual({ ...fresh, systemPrompt: 'Be long.', modelProvider: 'openai', model: 'gpt-4.1' });
  });

  it('rewrite the prompt in the first user message and keep the data below it', () => {
    const forked = applyOverrides(fresh, { prompt: 'New?' });
    expect(forked.prompt).toBe('New?');
    expect(forked.messages).toEqual([{ role: 'user', content: 'New?\n\n{"code":"x"}' }]);
    expect(applyOverrides(forked, { prompt: 'Newer?' }).messages[0]?.content).toBe('Newer?\n\n{"code":"x"}');
  });

  it('put a prompt before data that had none', () => {
    const bare = reactive.start({ agent, input: { version: '1.0', payload: { code: 'x' } }, memory: {} });
    expect(applyOverrides(bare, { prompt: 'New?' }).messages[0]?.content).toBe('New?\n\n{"code":"x"}');
  });

  it('let a task that had answered go on with the new prompt', () => {
    const forked = applyOverrides(finished, { prompt: 'And now?' });
    expect(forked.messages.at(-1)).toEqual({ role: 'user', content: 'And now?' });
    expect(forked.messages).toHaveLength(3);
    const context = { tools: [], settings: {}, outputSchema: null };
    expect(reactive.decide(forked, context).type).toBe('act');
  });

  it('take given messages as they are, also beside a prompt', () => {
    const messages = [{ role: 'user' as const, content: 'Mine.' }];
    expect(applyOverrides(fresh, { messages, prompt: 'New?' })).toMatchObject({ prompt: 'New?', messages });
  });

  it('merge the memory as RFC 7396 says', () => {
    const { memory } = applyOverrides(fresh, { memory: { a: null, b: { c: null, e: [1] }, f: { g: null } } });
    expect(memory).toEqual({ b: { d: 3, e: [1] }, f: {} });
  });

  it('cannot reach a prototype through the memory', () => {
    const { memory } = applyOverrides(fresh, { memory: JSON.parse('{"__proto__":{"polluted":true}}') });
    expect(Object.keys(memory)).toContain('__proto__');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(memory)).toBe(Object.prototype);
  });
});
