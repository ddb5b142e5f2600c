import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkLayout } from './check-layout.mjs';

let base;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'layout-'));
  for (const name of ['core', 'agents', 'tasks', 'sdk', 'runtime']) {
    const manifest = { name: `@runctl/${name}`, exports: { '.': { '@runctl/source': './src/index.ts' } } };
    write(`packages/${name}/package.json`, JSON.stringify(manifest));
    write(`packages/${name}/src/index.ts`, '');
  }
});
afterEach(() => rmSync(base, { recursive: true }));

function write(path, text) {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
}

function problemsOf(files) {
  for (const [path, text] of Object.entries(files)) write(path, text);
  return checkLayout(base).problems;
}

test('a repository that keeps to the table has no problem', () => {
  const problems = problemsOf({
    'packages/core/src/retry.ts': 'export const retry = 1;',
    'packages/core/src/index.ts': `export { retry } from './retry.ts';`,
    'packages/agents/src/agents.ts': `import { retry } from '@runctl/core';\nexport const agents = retry;`,
    'packages/runtime/src/http/app.ts': `import type { Agent } from '@runctl/agents';\nimport '../services/agents.ts';`,
    'packages/runtime/src/services/agents.ts': `import '../engine/engine.ts';`,
    'packages/runtime/src/engine/engine.ts': '',
    'packages/runtime/src/cli/people/session.ts': `export const load = () => import('@runctl/sdk');`,
    'packages/runtime/src/runtime.test.ts': `import { agents } from '@runctl/agents';`,
  });

  expect(problems).toEqual([]);
});

test.each([
  [
    'a resource that imports another',
    'agents',
    `import type { Task } from '@runctl/tasks';`,
    'must not import @runctl/tasks',
  ],
  ['core that imports a resource', 'core', `export * from '@runctl/tasks';`, 'must not import @runctl/tasks'],
  [
    'a runtime that takes code from the SDK',
    'runtime',
    `import { tasks } from '@runctl/tasks';`,
    'by `import type` only',
  ],
  ['a value among imported types', 'runtime', `import { type A, b } from '@runctl/core';`, 'by `import type` only'],
  ['a dynamic import of the SDK', 'runtime', `await import('@runctl/core');`, 'by `import type` only'],
  [
    'the SDK outside of what is for people',
    'runtime',
    `import { Runctl } from '@runctl/sdk';`,
    'by `import type` only',
  ],
  ['a way into another package', 'agents', `import '../../core/src/index.ts';`, 'reaches into packages/core by path'],
  ['a folder of another package', 'agents', `import '@runctl/core/src/retry.ts';`, 'reaches into another package'],
  ['its own index', 'core', `import './index.ts';`, 'an index this file is part of'],
  ['its own package by name', 'core', `import '@runctl/core';`, `is this file's own package`],
  ['a module of Node in the SDK', 'tasks', `import { readFileSync } from 'node:fs';`, 'at the edge too'],
  ['a bare error', 'core', `throw new Error('no');`, 'a bare Error'],
])('%s is named with its line', (_, name, code, expected) => {
  const problems = problemsOf({ [`packages/${name}/src/broken.ts`]: `// first line\n${code}\n` });

  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`packages/${name}/src/broken.ts:2: `);
  expect(problems[0]).toContain(expected);
});

test.each([
  ['http', '../store/sql.ts', 'http/ must not know store/'],
  ['engine', '../http/app.ts', 'engine/ must not know http/'],
  ['store', '../engine/engine.ts', 'store/ may take types of engine/, no code'],
])('inside the runtime, %s does not import %s', (folder, specifier, expected) => {
  const problems = problemsOf({
    'packages/runtime/src/store/sql.ts': '',
    'packages/runtime/src/http/app.ts': '',
    'packages/runtime/src/engine/engine.ts': '',
    [`packages/runtime/src/${folder}/broken.ts`]: `import '${specifier}';`,
  });

  expect(problems).toEqual([expect.stringContaining(expected)]);
});

test('only the folder that wraps a package may know it', () => {
  const problems = problemsOf({ 'packages/runtime/src/services/agents.ts': `import { Hono } from 'hono';` });

  expect(problems).toEqual([expect.stringContaining('hono is for http/ only')]);
});

test('a file that Node alone loads, by a condition of package.json, may use Node', () => {
  const manifest = {
    name: '@runctl/core',
    imports: { '#fetch': { node: './src/node-fetch.ts', default: './src/fetch.ts' } },
  };
  const problems = problemsOf({
    'packages/core/package.json': JSON.stringify(manifest),
    'packages/core/src/node-fetch.ts': `import 'node:http';`,
    'packages/core/src/fetch.ts': `import 'node:http';`,
  });

  expect(problems).toEqual([expect.stringContaining('packages/core/src/fetch.ts:1: node:http')]);
});

test('a circle counts although it is made of types, and is shown from file to file', () => {
  const problems = problemsOf({
    'packages/core/src/a.ts': `import type { B } from './b.ts';`,
    'packages/core/src/b.ts': `export type { C } from './c.ts';`,
    'packages/core/src/c.ts': `export type C = import('./a.ts').A;`,
  });

  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(
    'packages/core/src/a.ts -> packages/core/src/b.ts -> packages/core/src/c.ts -> packages/core/src/a.ts',
  );
});

test('files and functions have a greatest length', () => {
  const problems = problemsOf({
    'packages/core/src/long-file.ts': '\n'.repeat(401),
    'packages/core/src/long-function.ts': `export function long() {\n${'\n'.repeat(79)}}`,
    'packages/core/src/long.test.ts': `test('a', () => {\n${'\n'.repeat(79)}});`,
  });

  expect(problems).toEqual([
    expect.stringContaining('long-file.ts:1: 401 lines, at most 400'),
    expect.stringContaining('long-function.ts:1: a function of 81 lines, at most 80'),
  ]);
});

test('names that say nothing and mocked modules are refused, in tests as well', () => {
  const problems = problemsOf({
    'packages/core/src/utils.ts': '',
    'packages/core/src/helpers/retry.ts': '',
    'packages/core/src/retry.test.ts': `vi.mock('./retry.ts');`,
  });

  expect(problems).toEqual([
    expect.stringContaining('"helpers" says nothing'),
    expect.stringContaining('retry.test.ts:1: modules are not mocked'),
    expect.stringContaining('"utils" says nothing'),
  ]);
});
