/** A filter that may name one value, several or none, as a list. */
export function listOf<Value extends string>(filter: Value | Value[] | undefined): Value[] {
  if (filter === undefined) return [];
  return Array.isArray(filter) ? filter : [filter];
}
