/** What came instead of what was expected, as a message may show it: numbers and dates whole, of all else the kind alone. */
export function kindOf(value: unknown): string {
  return typeof value === 'number' || value === null || value instanceof Date ? String(value) : typeof value;
}
