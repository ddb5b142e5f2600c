/**
 * Whether an address lies below one of the prefixes: the same origin, and the prefix's path segments at its beginning.
 * `..`, in any spelling, is resolved before; an encoded slash, which servers read in two ways, is below nothing.
 */
export function isBelowPrefix(address: string, prefixes: readonly string[]): boolean {
  const url = parse(address);
  if (!url || url.username || url.password || /%2f|%5c/i.test(url.pathname)) return false;
  return prefixes
    .map(parse)
    .some((prefix) => prefix !== null && prefix.origin === url.origin && startsWith(url, prefix));
}

function startsWith(url: URL, prefix: URL): boolean {
  const segments = url.pathname.split('/').slice(1);
  const expected = prefix.pathname.replace(/\/+$/, '').split('/').slice(1);
  return expected.every((segment, index) => segments[index] === segment);
}

function parse(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}
