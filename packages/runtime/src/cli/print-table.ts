import { type Terminal, type Tint, terminalOf, tinted } from './terminal.ts';
import { cutTo, displayWidth, oneLine, safeJson } from './terminal-text.ts';

/** What a cell may show; nothing is shown as a dash. */
type Cell = string | number | null | undefined;

/** One column of a table. */
export interface Column<Row> {
  heading: string;
  cell(row: Row): Cell;
  /** Numbers stand right. Default left. */
  align?: 'left' | 'right';
  /** Never cut, since people copy it: ids, keys, URLs. Default false. */
  whole?: boolean;
  /** Columns of the terminal that it keeps when it is cut; where there are fewer, columns on the right are left out. Default 6. */
  least?: number;
  /** The colour of its cell, where there are colours. */
  tint?(row: Row): Tint | undefined;
}

const gap = '  ';
const narrowest = 6;

/** Prints rows under their headings, cut to the width of the terminal. What the cells hold cannot drive the terminal. */
export function printTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminal: Terminal = terminalOf(process.stdout),
): void {
  terminal.write(tableText(columns, rows, terminal));
}

/** Prints one JSON value and nothing else, for scripts. */
export function printJson(value: unknown, terminal: Terminal = terminalOf(process.stdout)): void {
  terminal.write(`${safeJson(value, 2)}\n`);
}

/** Prints one JSON value a line, for scripts that read as it comes. */
export function printJsonLine(value: unknown, terminal: Terminal = terminalOf(process.stdout)): void {
  terminal.write(`${safeJson(value)}\n`);
}

/** Prints names and what they are, one a line. What they hold cannot drive the terminal. */
export function printFields(
  fields: readonly (readonly [name: string, value: Cell])[],
  terminal: Terminal = terminalOf(process.stdout),
): void {
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  for (const [name, value] of fields) {
    terminal.write(`${tinted(terminal, 'dim', name.padEnd(width))}${gap}${shown(value)}\n`);
  }
}

/** The table as text, each line with its end. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, colors }: Pick<Terminal, 'width' | 'colors'>,
): string {
  const texts = rows.map((row) => columns.map((column) => shown(column.cell(row))));
  const natural = columns.map(({ heading }, at) =>
    Math.max(displayWidth(heading), ...texts.map((cells) => displayWidth(cells[at] ?? ''))),
  );
  const widths = fitted(columns, natural, width);
  const line = (cells: readonly string[], tintOf: (column: Column<Row>) => Tint | undefined) =>
    widths
      .map((cellWidth, at) => {
        const column = columns[at] as Column<Row>;
        const text = cutTo(cells[at] ?? '', cellWidth);
        const pad = ' '.repeat(cellWidth - displayWidth(text));
        const painted = tinted({ colors }, tintOf(column), text);
        return column.align === 'right' ? pad + painted : painted + pad;
      })
      .join(gap)
      .trimEnd();
  const headings = columns.map(({ heading }) => heading.toUpperCase());
  return [
    line(headings, () => 'dim'),
    ...texts.map((cells, at) => line(cells, (column) => column.tint?.(rows[at] as Row))),
  ]
    .map((text) => `${text}\n`)
    .join('');
}

function shown(value: Cell): string {
  if (value === null || value === undefined || value === '') return '–';
  return oneLine(String(value)) || '–';
}

/** The widths of the columns that fit: the widest are cut first; from the right, what finds no room is left out. */
function fitted<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number | undefined): number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  const excess = () => widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1) - width;
  for (;;) {
    while (excess() > 0) {
      const at = widestToCut(columns, widths);
      if (at === undefined) break;
      widths[at] = (widths[at] ?? 0) - 1;
    }
    if (excess() <= 0 || widths.length === 1) return widths;
    widths.pop();
    for (const at of widths.keys()) widths[at] = natural[at] ?? 0;
  }
}

function widestToCut<Row>(columns: readonly Column<Row>[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [at, width] of widths.entries()) {
    const { whole = false, least = narrowest } = columns[at] ?? {};
    if (whole || width <= least) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = at;
  }
  return widest;
}
