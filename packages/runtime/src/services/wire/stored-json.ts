/** Reads a JSON column. What stands there was checked when it came in, or made by the runtime. */
export function parseStored<Value>(text: string): Value {
  return JSON.parse(text) as Value;
}

/** Reads a JSON column that may be empty. */
export function parseStoredOrNull<Value>(text: string | null): Value | null {
  return text === null ? null : parseStored<Value>(text);
}
