import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acceptExports, checkExports } from './check-exports.mjs';

let base;
const snapshot = () => readFileSync(join(base, 'packages/core/exports.snapshot.md'), 'utf8');
const write = (files) => {
  for (const [name, text] of Object.entries(files)) {
    const file = join(base, 'packages/core', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'runctl-exports-'));
  write({
    'package.json': JSON.stringify({
      name: '@runctl/core',
      type: 'module',
      exports: { './more': { types: './dist/more.d.ts', default: './dist/more.js' } },
    }),
    'dist/more.d.ts': `export { wait } from './wait.js';\nexport type * from './wait.js';\nexport type { Span } from 'elsewhere';\n`,
    'dist/more.js': `export { wait } from './wait.js';\n`,
    'dist/wait.d.ts': [
      '/** How to wait. */',
      'export interface WaitOptions {',
      '    /** Milliseconds. */',
      '    every?: number;',
      '}',
      '/** Waits. */',
      'export declare function wait(): Promise<void>;',
      'export declare function wait(options: WaitOptions): Promise<void>;',
    ].join('\n'),
    'dist/wait.js': 'export function wait() {}\n',
  });
});
afterEach(() => rmSync(base, { recursive: true }));

test('a snapshot has every export in order, overloads included and without comments', async () => {
  expect(await acceptExports(base)).toEqual({ names: 2, problems: [] });

  expect(snapshot()).toContain(
    [
      '## @runctl/core/more',
      '',
      '```ts',
      `export type { Span } from 'elsewhere';`,
      '',
      'interface WaitOptions {',
      '  every?: number;',
      '}',
      '',
      'function wait(): Promise<void>;',
      'function wait(options: WaitOptions): Promise<void>;',
      '```',
    ].join('\n'),
  );
});

test('a change that was not accepted is shown under the name that it belongs to', async () => {
  await acceptExports(base);
  write({
    'dist/wait.d.ts':
      'export interface WaitOptions {\n    every: number;\n}\nexport declare function wait(options: WaitOptions): void;',
  });

  const { problems } = await checkExports(base);

  expect(problems).toEqual([
    [
      'packages/core/exports.snapshot.md:',
      '    interface WaitOptions {',
      '  -   every?: number;',
      '  +   every: number;',
      '  - function wait(): Promise<void>;',
      '  + function wait(options: WaitOptions): void;',
    ].join('\n'),
  ]);
});

test('a value that the JavaScript does not export is told, since no snapshot can make it right', async () => {
  write({ 'dist/more.js': 'export const other = 1;\n' });

  const { problems } = await acceptExports(base);

  expect(problems).toEqual([
    '@runctl/core/more: wait is declared as a value, but the JavaScript has no such export',
    '@runctl/core/more: the JavaScript exports other, which no declaration names as a value',
  ]);
});
