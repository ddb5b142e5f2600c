/** Characters of one text that an error keeps. */
const LONGEST_TEXT = 2_000;

/** What a person would read of a page: a title, or its words without the marks. */
export function plain(text: string): string {
  const start = text.slice(0, 8 * LONGEST_TEXT);
  const title = /<title[^>]*>([^<]*)</i.exec(start)?.[1]?.trim();
  return title || start.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, ' ');
}

/** The first words to be found: of a text itself, of an object where its message usually is. */
export function wordsIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') {
    const words = value
      .slice(0, 8 * LONGEST_TEXT)
      .replace(/\s+/g, ' ')
      .trim();
    return words.slice(0, LONGEST_TEXT) || undefined;
  }
  if (value === undefined || depth > 3) return undefined;
  for (const name of ['detail', 'message', 'error', 'title', 'details', 'errors', 0]) {
    const words = wordsIn(recordOf(value)[name], depth + 1);
    if (words) return words;
  }
  return undefined;
}

/** What is no object has no members. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value ? (value as Record<string, unknown>) : {};
}
