/**
 * What is set on the objects themselves, in one that nobody else can change; of two that set a name, the later one's.
 * `undefined` counts as not set, and what a page has put on `Object.prototype` is not there.
 */
export function own<Shape extends object>(shape: Shape, ...others: (object | undefined)[]): Shape {
  const merged: Record<string, unknown> = Object.create(null);
  for (const one of [shape, ...others]) {
    for (const [name, value] of Object.entries(one ?? {})) if (value !== undefined) merged[name] = value;
  }
  return merged as Shape;
}
