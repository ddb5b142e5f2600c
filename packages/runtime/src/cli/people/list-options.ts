import type { Paginator } from '@runctl/sdk';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Column, printJson, printTable } from '../print-table.ts';
import type { Session } from './session.ts';

/** How much of a list is shown. */
export interface ListOptions {
  limit: number;
  all?: boolean;
  watch?: boolean;
}

const watchEveryMs = 2_000;
const wipe = '\x1b[H\x1b[2J\x1b[3J';

/** Adds what every list takes. */
export function withList(command: Command): Command {
  return command
    .addOption(new Option('-n, --limit <count>', 'how many are shown, newest first').default(20).argParser(atLeastOne))
    .addOption(new Option('--all', 'show every one, however many there are').conflicts('limit'))
    .addOption(new Option('--watch', 'show them anew every two seconds, until Ctrl+C').conflicts('json'));
}

/** Prints a list: as a table, or as one JSON array. */
export async function printList<Item>(
  { out, err, json }: Session,
  { limit, all, watch }: ListOptions,
  list: { columns: readonly Column<Item>[]; none: string; load: (pageSize: number) => Paginator<Item> },
): Promise<void> {
  const most = all ? Number.POSITIVE_INFINITY : limit;
  const isWatched = watch === true && out.width !== undefined;
  for (;;) {
    // One more than is shown tells whether there are more.
    const items = await list.load(Math.min(100, most + 1)).toArray({ limit: most + 1 });
    const shown = items.slice(0, most);
    if (json) return printJson(shown, out);
    if (isWatched) out.write(wipe);
    if (shown.length > 0) printTable(list.columns, shown, out);
    else err.write(`${list.none}\n`);
    if (items.length > most) err.write(`These are ${most}; --all shows every one.\n`);
    if (!isWatched) return;
    await new Promise((resolve) => setTimeout(resolve, watchEveryMs));
  }
}

/** @throws {InvalidArgumentError} It is no whole number above 0. */
export function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}
