import { expect, test } from 'vitest';
import { parseChangeset } from './parse-changeset.mjs';
import { releaseProblems } from './release-problems.mjs';

const core = { name: '@runctl/core', version: '1.4.0', dependsOn: [], showsTypesOf: [] };
const agents = {
  name: '@runctl/agents',
  version: '1.2.0',
  dependsOn: ['@runctl/core'],
  showsTypesOf: ['@runctl/core'],
};
const changeset = (releases) => [{ file: '.changeset/a.md', releases: new Map(Object.entries(releases)) }];

test('a major of core asks for a major of what shows its types', () => {
  expect(releaseProblems(changeset({ '@runctl/core': 'major', '@runctl/agents': 'patch' }), [core, agents])).toEqual([
    expect.stringContaining(`add a changeset with '@runctl/agents': major`),
  ]);
  expect(releaseProblems(changeset({ '@runctl/core': 'major', '@runctl/agents': 'major' }), [core, agents])).toEqual(
    [],
  );
});

test('a minor of core asks for nothing, nor does a package that shows none of its types', () => {
  const silent = { ...agents, showsTypesOf: [] };

  expect(releaseProblems(changeset({ '@runctl/core': 'minor' }), [core, agents])).toEqual([]);
  expect(releaseProblems(changeset({ '@runctl/core': 'major' }), [core, silent])).toEqual([]);
});

test('before 1.0 a minor breaks', () => {
  const packages = [core, agents].map((each) => ({ ...each, version: '0.2.0' }));

  expect(releaseProblems(changeset({ '@runctl/core': 'minor' }), packages)).toEqual([
    expect.stringContaining(`'@runctl/agents': minor`),
  ]);
});

test('the largest bump of several changesets counts, and unknown packages are named', () => {
  const both = [
    ...changeset({ '@runctl/core': 'major' }),
    ...changeset({ '@runctl/core': 'patch', '@runctl/gone': 'patch' }),
  ];

  expect(releaseProblems(both, [core, agents])).toEqual([
    '.changeset/a.md: @runctl/gone is not a published package',
    expect.stringContaining('@runctl/agents'),
  ]);
});

test('a changeset is read with either quotes and line ends', () => {
  expect([
    ...parseChangeset(`---\r\n"@runctl/core": major\r\n'@runctl/sdk': patch\r\n---\r\n\r\nText: minor\r\n`),
  ]).toEqual([
    ['@runctl/core', 'major'],
    ['@runctl/sdk', 'patch'],
  ]);
});
