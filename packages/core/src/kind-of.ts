/** Whether it is text, true, false or a number that can be written. */
export function isScalar(value: unknown): value is string | boolean | number {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** What came instead of what was expected, as a message may show it: numbers and dates whole, of all else the kind alone. */
export function kindOf(value: unknown): string {
  return typeof value === 'number' || value === null || value instanceof Date ? String(value) : typeof value;
}
