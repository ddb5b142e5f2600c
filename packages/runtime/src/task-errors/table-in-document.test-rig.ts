import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * A guide with one of its tables as the code has it. The table stands between `<!-- name: ... -->` and `<!-- /name -->`;
 * `pnpm codes` writes it.
 */
export function withTable(
  guide: string,
  name: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): { file: string; text: string } {
  const file = fileURLToPath(new URL(`../../../../docs/guides/${guide}`, import.meta.url));
  const text = readFileSync(file, 'utf8');
  const begin = `<!-- ${name}: written from the sources, by pnpm codes -->\n`;
  const end = `<!-- /${name} -->`;
  const [before, rest] = text.split(begin);
  if (rest === undefined || !rest.includes(end)) throw new TypeError(`${guide} has no ${begin.trim()} ... ${end}.`);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return { file, text: `${before}${begin}\n${lines.join('')}\n${rest.slice(rest.indexOf(end))}` };
}
