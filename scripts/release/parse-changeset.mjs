/**
 * @param {string} text of a changeset
 * @returns {Map<string, 'major' | 'minor' | 'patch'>} the bump it asks for, by package
 */
export function parseChangeset(text) {
  const [, head = ''] = text.match(/^---\r?\n([\s\S]*?)\r?\n?---/) ?? [];
  const rows = [...head.matchAll(/^\s*['"]?([^'":]+)['"]?\s*:\s*(major|minor|patch)\s*$/gm)];
  return new Map(rows.map(([, name, bump]) => [name, bump]));
}
