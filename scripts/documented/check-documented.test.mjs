import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkDocumented } from './check-documented.mjs';

let base;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'documented-'));
});
afterEach(() => rmSync(base, { recursive: true }));

function check(files) {
  const manifest = { name: '@runctl/core', exports: { '.': { '@runctl/source': './src/index.ts' } } };
  for (const [path, text] of Object.entries({ '../package.json': JSON.stringify(manifest), ...files })) {
    const file = join(base, 'packages/core/src', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return checkDocumented(base);
}

test('names are followed through stars, renamings and imports to where they are declared', () => {
  const { names, problems } = check({
    'index.ts': `export * from './retry.ts';\nexport { inner as Outer } from './inner.ts';\nexport { again };\nimport { again } from './again.ts';`,
    'retry.ts': `/** Waits. */\nexport function retry() {}\nexport const bare = 1;`,
    'inner.ts': `export const inner = 1;\nexport const notExported = 2;`,
    'again.ts': `/** Again. */\nexport const again = 1;`,
  });

  expect(names).toBe(4);
  expect(problems.sort()).toEqual([
    'packages/core/src/inner.ts:1: inner has no doc block',
    'packages/core/src/retry.ts:3: bare has no doc block',
  ]);
});

test('members of interfaces, type literals and classes count; private ones, overrides and routes do not', () => {
  const { members, problems } = check({
    'index.ts': `
/** Options. */
export interface Options { /** Milliseconds. */ timeout: number; bare: string }
/** Routes. */
export interface Routes { 'GET /agents': string }
/** Pair. */
export type Pair = { first: string };
/** Client. */
export class Client extends Base {
  #hidden = 1;
  private old = 1;
  constructor() { super(); }
  override toJSON() {}
  run() {}
}`,
  });

  expect(members).toBe(4);
  expect(problems.map((problem) => problem.split(': ')[1])).toEqual([
    'Options.bare has no doc block',
    'Pair.first has no doc block',
    'Client.run has no doc block',
  ]);
});

test('a comment that is no doc block, or says nothing, does not count', () => {
  const { problems } = check({
    'index.ts': `// Waits.\nexport const a = 1;\n/** */\nexport const b = 1;\n/* Waits. */\nexport const c = 1;`,
  });

  expect(problems).toHaveLength(3);
});

test('one doc block serves all overloads of a function', () => {
  const { problems } = check({
    'index.ts': `/** Waits. */\nexport function wait(a: string): void;\nexport function wait(a: number): void;\nexport function wait(): void {}`,
  });

  expect(problems).toEqual([]);
});

test('an entry that package.json names and that is missing is a problem', () => {
  expect(check({}).problems).toEqual(['packages/core/src/index.ts:1: @runctl/core is exported but not there']);
});
