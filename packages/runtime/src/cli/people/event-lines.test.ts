import type { TaskEvent } from '@runctl/sdk';
import { expect, test } from 'vitest';
import type { Terminal } from '../terminal.ts';
import { EventLines } from './event-lines.ts';

function screen(width: number | undefined): Terminal & { text: string } {
  const shown = {
    text: '',
    width,
    colors: false,
    write: (text: string) => {
      shown.text += text;
    },
  };
  return shown;
}

const delta = (step: number, text: string) => ({ type: 'output.delta', data: { step, text } }) as TaskEvent;
const step = (number: number, output: string) =>
  ({
    type: 'step.completed',
    data: {
      ...{ step: number, kind: 'model', name: 'auto', status: 'completed', durationMs: 1_234, output },
      ...{ inherited: false, tool: null, error: null },
    },
  }) as TaskEvent;

test('on a terminal the words stand there as they come, and a line about a step begins a line of its own', () => {
  const terminal = screen(60);
  const lines = new EventLines(terminal, terminal);
  lines.show(delta(1, 'Two and '));
  expect(terminal.text).toBe('Two and ');
  lines.show(delta(1, 'two'));
  lines.show(step(1, 'Two and two'));
  lines.show(delta(2, 'is four.\n'));
  lines.end();
  expect(terminal.text).toBe('Two and two\n· step 1 model auto (1.2 s) Two and two\nis four.\n');
  expect(lines.written).toBe('is four.\n');
});

test('an escape sequence that comes in pieces is written out, and a line about a step fits the terminal', () => {
  const terminal = screen(40);
  const lines = new EventLines(terminal, terminal);
  lines.show(delta(1, 'red\x1b'));
  lines.show(delta(1, '[31m'));
  lines.show(step(1, '\x1b[31m'.repeat(20)));
  const [written = '', line = ''] = terminal.text.split('\n');
  expect(written).toBe('red\\x1b[31m');
  expect(line).toMatch(/^· step 1 model auto \(1\.2 s\) \\x1b\[31m/);
  expect(line).toHaveLength(40);
});

test('where nobody watches, nothing is written', () => {
  const lines = new EventLines(undefined, undefined);
  lines.show(delta(1, 'Two'));
  lines.show(step(1, 'Two'));
  lines.end();
  expect(lines.written).toBe('');
});
