import { expect, test } from 'vitest';
import { fillIn, placeholdersOf } from './template.ts';

const roots = { input: { topic: 'tea', n: 3, list: [{ name: 'a' }], 'odd key': true }, item: 7 };

test('a text that is exactly one placeholder becomes the value, others become text', () => {
  expect(fillIn('{{input.n}}', roots)).toBe(3);
  expect(fillIn('{{ input.list[0].name }} of {{input.topic}}, {{input.list}}', roots)).toBe('a of tea, [{"name":"a"}]');
  expect(fillIn({ of: ['{{item}}', 'x'], deep: { is: '{{input["odd key"]}}' } }, roots)).toEqual({
    of: [7, 'x'],
    deep: { is: true },
  });
});

test('what there is not is null, and nothing within a text', () => {
  expect(fillIn('{{input.gone.deeper}}', roots)).toBe(null);
  expect(fillIn('<{{input.gone}}>', roots)).toBe('<>');
});

test('only own members are looked at', () => {
  for (const path of ['input.constructor', 'input.__proto__', 'input.topic.length', 'constructor', 'toString']) {
    expect(fillIn(`{{${path}}}`, roots)).toBe(null);
  }
});

test('placeholders are found with their places; what is no path is told apart', () => {
  const found = placeholdersOf({ 'a/b': ['{{input.x}} {{1 + 1}}'] });
  expect(found).toEqual([
    { at: '/a~1b/0', text: 'input.x', path: ['input', 'x'] },
    { at: '/a~1b/0', text: '1 + 1', path: undefined },
  ]);
});
