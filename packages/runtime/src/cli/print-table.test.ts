import { expect, test } from 'vitest';
import { type Column, printFields, printJson, tableText } from './print-table.ts';
import { terminalOf } from './terminal.ts';
import { displayWidth, oneLine, severalLinesOfPieces } from './terminal-text.ts';

interface Person {
  id: string;
  name: string | null;
  count: number;
}

const columns: Column<Person>[] = [
  { heading: 'id', cell: (person) => person.id, whole: true },
  { heading: 'name', cell: (person) => person.name, tint: () => 'red' },
  { heading: 'count', cell: (person) => person.count, align: 'right' },
];

const people: Person[] = [
  { id: 'p_1', name: 'Ada, who wrote the first program for a machine', count: 7 },
  { id: 'p_22', name: null, count: 1_200 },
];

test('a table that goes into a file or a pipe is neither cut nor coloured', () => {
  expect(tableText(columns, people, { width: undefined, colors: false })).toBe(
    [
      'ID    NAME                                            COUNT\n',
      'p_1   Ada, who wrote the first program for a machine      7\n',
      'p_22  –                                                1200\n',
    ].join(''),
  );
});

test('on a terminal a table fits the width, and ids stay whole', () => {
  expect(tableText(columns, people, { width: 30, colors: false })).toBe(
    ['ID    NAME               COUNT\n', 'p_1   Ada, who wrote t…      7\n', 'p_22  –                   1200\n'].join(
      '',
    ),
  );
  for (const width of [8, 20, 30, 60]) {
    const lines = tableText(columns, people, { width, colors: false }).trimEnd().split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
    expect(lines[2]).toContain('p_22');
  }
});

test('a column that says too little when it is cut makes others give way, from the right', () => {
  const keeping = columns.map((column) => (column.heading === 'name' ? { ...column, least: 20 } : column));
  const narrow = tableText(keeping, people, { width: 28, colors: false });
  expect(narrow).toBe('ID    NAME\np_1   Ada, who wrote the fi…\np_22  –\n');
});

test('wide characters and joined emoji stand in line', () => {
  const rows = [
    { id: '1', name: '日本語', count: 1 },
    { id: '2', name: '👩‍💻 x', count: 1 },
    { id: '3', name: 'é', count: 1 },
  ];
  const lines = tableText(columns, rows, { width: undefined, colors: false }).trimEnd().split('\n');
  expect(new Set(lines.map(displayWidth))).toEqual(new Set([17]));
});

test.each([
  ['an escape sequence', '\x1b[2J\x1b]0;title\x07', '\\x1b[2J\\x1b]0;title\\x07'],
  ['its one-character form', '\x9b31m', '\\x9b31m'],
  ['a carriage return over what was written', 'safe\rrm -rf', 'safe rm -rf'],
  ['a backspace', 'a\bb', 'a\\x08b'],
  ['text that runs from right to left', 'a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
  ['a hidden tag', 'a\u{e0041}', 'a\\u{e0041}'],
  ['half of a pair', 'a\ud83d', 'a\\u{d83d}'],
])('%s in a cell is written out', (_what, name, expected) => {
  expect(oneLine(name)).toBe(expected);
  const text = tableText(columns, [{ id: name, name, count: 1 }], { width: undefined, colors: false });
  expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u202e\ud83d]/u);
});

test('what arrives in pieces is joined before it is judged', () => {
  const safe = severalLinesOfPieces();
  expect(['a\r', '\nb\ud83d', '\ude00\x1b', '[1m\r', 'c'].map(safe).join('')).toBe('a\nb😀\\x1b[1m\\x0dc');
});

test('JSON is the same value and cannot drive a terminal', () => {
  const value = { text: 'a\x1b[31m\x7f\x9b\u202e\u2028😀\n', list: [1, null] };
  const written: string[] = [];
  printJson(value, { width: 80, colors: true, write: (text) => void written.push(text) });
  expect(written.join('')).not.toMatch(/(?!\n)\p{Cc}|[\u202e\u2028]/u);
  expect(JSON.parse(written.join(''))).toEqual(value);
});

test('fields stand in line', () => {
  const written: string[] = [];
  const fields: [string, string | null][] = [
    ['id', 'agt_1'],
    ['status', null],
  ];
  printFields(fields, { width: 80, colors: false, write: (text) => void written.push(text) });
  expect(written.join('')).toBe('id      agt_1\nstatus  –\n');
});

test('colours need a terminal that wants them', () => {
  const stream = { isTTY: true, columns: 100, write: () => undefined };
  expect(terminalOf(stream, {})).toMatchObject({ colors: true, width: 100 });
  expect(terminalOf(stream, { NO_COLOR: '1' }).colors).toBe(false);
  expect(terminalOf(stream, { TERM: 'dumb' }).colors).toBe(false);
  expect(terminalOf({ ...stream, isTTY: false }, {})).toMatchObject({ colors: false, width: undefined });
  expect(tableText(columns, people, { width: 30, colors: true })).toContain('\x1b[31mAda, who wrote t…\x1b[39m');
});
