import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../workspace/root.mjs';
import { lockfileProblems } from './lockfile.mjs';
import { sourceProblems } from './sources.mjs';

const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
// Put together here, or the guard would find it in this file.
const host = ['https://registry', 'example', 'org'].join('.');

test('the lockfile of this repository is fit for every system', () => {
  expect(lockfileProblems(lockfile)).toEqual([]);
});

test('a lockfile that names a host, or a tarball, is refused with its line', () => {
  const [first, second] = lockfileProblems(`${lockfile}\nresolution: {tarball: x.tgz}\n# ${host}/x.tgz`);

  expect(first).toMatch(/^pnpm-lock.yaml:\d+: names a host: resolution/);
  expect(second).toContain(host);
});

test('a lockfile written on one system for one system is refused', () => {
  const onlyLinux = lockfile.replaceAll('@turbo/darwin-arm64', '@turbo/linux-64');

  expect(lockfileProblems(onlyLinux)).toEqual([expect.stringContaining('does not name @turbo/darwin-arm64')]);
});

test('a source that names a registry is refused with its line, other hosts are not', () => {
  expect(sourceProblems('a.ts', `// https://api.runctl.com\nconst url = '${host}';`)).toEqual([
    expect.stringContaining('a.ts:2: names a package registry'),
  ]);
  expect(sourceProblems('.npmrc', `fund=false\n@runctl:registry=${host}`)).toHaveLength(1);
  expect(sourceProblems('a.ts', `fetch('https://npmjs.com/package/ky')`)).toEqual([]);
});

test('what is too large for a source is refused', () => {
  expect(sourceProblems('dump.json', 'x'.repeat(600_000))).toEqual([expect.stringContaining('dump.json: 586 kB')]);
});
