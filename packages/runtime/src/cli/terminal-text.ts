/**
 * What a terminal obeys or that hides what is written: controls, escape sequences (they begin with a control), marks that
 * turn the direction of text, line separators, halves of pairs. Joiners stay: emoji and Persian need them.
 */
const unsafe = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Two columns wide in every terminal. */
const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

const unprinted = /^[\p{M}\u200c\u200d]+$/u;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Text from outside on one line, unable to drive a terminal: what it would obey is written out, such as `\x1b`. */
export function oneLine(text: string): string {
  return text
    .replace(/[\t\n\r ]+/g, ' ')
    .trim()
    .replace(unsafe, writtenOut);
}

/** The same with its line breaks and tabs kept. */
export function severalLines(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(unsafe, (mark) => (mark === '\n' || mark === '\t' ? mark : writtenOut(mark)));
}

/** {@link severalLines} of text that arrives in pieces, which may part a character or a line break in the middle. */
export function severalLinesOfPieces(): (piece: string) => string {
  let held = '';
  return (piece) => {
    const text = held + piece;
    held = /[\r\ud800-\udbff]$/.exec(text)?.[0] ?? '';
    return severalLines(text.slice(0, text.length - held.length));
  };
}

/** JSON stays JSON and the same value: what JSON leaves as it is, though a terminal would obey it, is escaped. */
export function safeJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? 'null').replace(unsafe, (mark) =>
    mark === '\n' ? mark : mark.replace(/[\s\S]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`),
  );
}

/** Columns that a terminal needs for one line of text. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
}

/** The beginning of one line of text that fits into `width` columns, with an ellipsis where it was cut. */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

function widthOf(grapheme: string): number {
  if (unprinted.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

function writtenOut(mark: string): string {
  const code = mark.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
