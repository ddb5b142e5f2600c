import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A table of a guide, as the code has it. */
export interface GuideTable {
  /** It stands between `<!-- name: ... -->` and `<!-- /name -->`. */
  name: string;
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/** A guide with its tables as the code has them; `pnpm codes` writes it so. */
export function withTables(guide: string, tables: readonly GuideTable[]): { file: string; text: string } {
  const file = fileURLToPath(new URL(`../../../../docs/guides/${guide}`, import.meta.url));
  const text = tables.reduce((before, table) => withTable(before, table), readFileSync(file, 'utf8'));
  return { file, text };
}

function withTable(text: string, { name, head, rows }: GuideTable): string {
  const begin = `<!-- ${name}: written from the sources, by pnpm codes -->\n`;
  const end = `<!-- /${name} -->`;
  const [before, rest] = text.split(begin);
  if (rest === undefined || !rest.includes(end)) throw new TypeError(`The guide has no ${begin.trim()} ... ${end}.`);
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`);
  return `${before}${begin}\n${lines.join('')}\n${rest.slice(rest.indexOf(end))}`;
}
