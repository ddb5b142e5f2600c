import { expect, test } from 'vitest';
import { holds, parseCondition } from './condition.ts';

const value = (text: string, roots = {}) => parseCondition(text).evaluate(roots);

test('it compares what workflows hold', () => {
  const roots = { turn: 3, input: { list: [1, 2], name: 'x' }, steps: { 'my-id': { output: { score: 0.9 } } } };
  expect(value('turn + 1 >= 4 && size(input.list) == 2', roots)).toBe(true);
  expect(value('steps["my-id"].output.score > 0.8 && !has(input.gone)', roots)).toBe(true);
  expect(value('input.list.exists(each, each > 1)', roots)).toBe(true);
});

test('it says which steps and names it reads', () => {
  const { roots, steps } = parseCondition('steps.a.output.all(x, x > item) || steps["b-c"].status == "failed"');
  expect([[...roots].sort(), [...steps].sort()]).toEqual([
    ['item', 'steps'],
    ['a', 'b-c'],
  ]);
});

test('it reaches nothing of JavaScript', () => {
  for (const text of ['input.constructor', 'input.__proto__', 'input["constructor"]', 'input.toString']) {
    expect(() => value(text, { input: {} })).toThrow('No such key');
  }
  expect(() => value('globalThis.process', {})).toThrow();
});

test('what is no truth value is no condition, and says what it is', () => {
  expect(() => holds(parseCondition('input.list'), { input: { list: [] } })).toThrow(
    'The expression is a list, expected true or false.',
  );
});

test('an expression that would take long is stopped', () => {
  const list = Array.from({ length: 3_000 }, (_, index) => index);
  expect(() => value('input.all(a, input.all(b, input.all(c, a + b + c >= 0.0)))', { input: list })).toThrow(
    'took longer than 100 ms',
  );
  expect(() => parseCondition('1 +')).toThrow();
  expect(() => parseCondition(`"${'x'.repeat(2_000)}" == ""`)).toThrow('longer than 2000 characters');
});
