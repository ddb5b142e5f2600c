/** Parameters of a query; more are refused before they are looked at. */
const mostParameters = 200;

/** What a query says of one name. */
type QueryValue = string | string[] | Record<string, string>;

/**
 * A query as an object: a name that comes several times is a list, `label[team]=red` is `{ label: { team: 'red' } }`.
 * Undefined where there are too many parameters, or a name is both plain and with keys, or one holds
 * NUL.
 */
export function readQuery(url: string): Record<string, QueryValue> | undefined {
  const at = url.indexOf('?');
  const query = new Map<string, QueryValue>();
  if (at < 0) return {};
  let count = 0;
  for (const [name, value] of new URLSearchParams(url.slice(at + 1).replace(/#.*$/s, ''))) {
    count += 1;
    if (name.includes('\0') || value.includes('\0')) return undefined;
    const [, outer, key] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    const fits = outer !== undefined && key !== undefined ? addKey(query, outer, key, value) : add(query, name, value);
    if (!fits || count > mostParameters) return undefined;
  }
  return Object.fromEntries(query);
}

function add(query: Map<string, QueryValue>, name: string, value: string): boolean {
  const before = query.get(name);
  if (before === undefined) query.set(name, value);
  else if (typeof before === 'string') query.set(name, [before, value]);
  else if (Array.isArray(before)) before.push(value);
  else return false;
  return true;
}

function addKey(query: Map<string, QueryValue>, name: string, key: string, value: string): boolean {
  const before = query.get(name) ?? {};
  if (typeof before === 'string' || Array.isArray(before) || Object.hasOwn(before, key)) return false;
  query.set(name, Object.fromEntries([...Object.entries(before), [key, value]]));
  return true;
}
