/** The value of a JSON text, or why it has none. */
export function parseJson(text: string): { value?: unknown; cause?: unknown } {
  try {
    return { value: JSON.parse(text) };
  } catch (cause) {
    return { cause };
  }
}
