/**
 * @typedef {{ file: string, releases: Map<string, 'major' | 'minor' | 'patch'> }} Changeset
 * @typedef {{ name: string, version: string, dependsOn: string[], showsTypesOf: string[] }} ReleasedPackage
 */

const weight = { patch: 1, minor: 2, major: 3 };

/**
 * A breaking change of a package breaks those who see its types through another: `Agents` takes core's
 * `RequestOptions`. changesets bumps that other package by a patch only, so a caret range would hand the break to
 * people who asked for none. Before 1.0 a minor is what breaks.
 *
 * @param {Changeset[]} changesets
 * @param {ReleasedPackage[]} packages
 * @returns {string[]} what to change
 */
export function releaseProblems(changesets, packages) {
  const asked = new Map();
  for (const { releases } of changesets) {
    for (const [name, bump] of releases) {
      if (weight[bump] > (weight[asked.get(name)] ?? 0)) asked.set(name, bump);
    }
  }
  const known = new Set(packages.map(({ name }) => name));
  const unknown = changesets.flatMap(({ file, releases }) =>
    [...releases.keys()]
      .filter((name) => !known.has(name))
      .map((name) => `${file}: ${name} is not a published package`),
  );
  return [...unknown, ...packages.flatMap((changed) => dependantProblems(changed, asked, packages))];
}

function dependantProblems(changed, asked, packages) {
  if (asked.get(changed.name) !== breakingBump(changed.version)) return [];
  return packages
    .filter(
      ({ name, dependsOn, showsTypesOf }) =>
        name !== changed.name && dependsOn.includes(changed.name) && showsTypesOf.includes(changed.name),
    )
    .filter(({ name, version }) => (weight[asked.get(name)] ?? 0) < weight[breakingBump(version)])
    .map(({ name, version }) => {
      const needed = breakingBump(version);
      return `${name} shows types of ${changed.name}, which breaks (${asked.get(changed.name)}): add a changeset with '${name}': ${needed}`;
    });
}

function breakingBump(version) {
  return version.startsWith('0.') ? 'minor' : 'major';
}
