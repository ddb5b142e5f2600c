import { setImmediate as nextTurn } from 'node:timers/promises';
import { dayOfContents, type EncodedEntry } from '../../engine/snapshots.ts';
import type { Store } from '../../store/store.ts';
import { AccountScope, AccountWriteScope } from '../accounts/account-scope.ts';
import { idAt } from '../ids.ts';
import { parseStored } from '../wire/stored-json.ts';

// A task names pieces of its own days alone: what it wrote on the day it was made, or later. So the pieces of a day are
// of no use once no task is kept that was made on that day or before. The few such tasks that are kept longer, since they
// have not ended or a fork stands on them, are read for what they name.

const dayMs = 24 * 60 * 60 * 1_000;
/** Clocks of processes may differ, days. */
const slackDays = 1;
/** Looked at in one turn. */
const rowsAtOnce = 500;

type Door = ReturnType<Store['ofTenant']>;

/**
 * Removes the pieces of snapshots that no kept trace names.
 *
 * @param before Traces of tasks that ended before this instant have been removed.
 * @returns how many were removed
 */
export async function removeOldContents(door: Door, tenantId: string, before: number): Promise<number> {
  const account = new AccountScope(tenantId, door.query);
  const lastDay = dayOfContents(before) - slackDays;
  let kept: ReadonlySet<string> | undefined;
  let removed = 0;
  let page: string[];
  let after = '';
  do {
    page = await hashesAfter(account, after);
    const last = page.at(-1);
    if (last === undefined) break;
    const old = await oldAmong(account, after, last, lastDay);
    if (old.length > 0) kept ??= await namedByKept(account, (lastDay + slackDays) * dayMs);
    const unused = old.filter((hash) => kept?.has(hash) !== true);
    if (unused.length > 0) {
      await door.write(({ query }) => new AccountWriteScope(tenantId, query).removeContents(unused, lastDay));
      removed += unused.length;
    }
    after = last;
    await nextTurn();
  } while (page.length === rowsAtOnce);
  return removed;
}

/** By primary key, which has all that is asked for. */
async function hashesAfter(account: AccountScope, after: string): Promise<string[]> {
  const rows = await account
    .contents()
    .select('hash')
    .where('hash', '>', after)
    .orderBy('hash')
    .limit(rowsAtOnce)
    .execute();
  return rows.map(({ hash }) => hash);
}

async function oldAmong(account: AccountScope, after: string, last: string, lastDay: number): Promise<string[]> {
  const rows = await account
    .contents()
    .select('hash')
    .distinct()
    .where('hash', '>', after)
    .where('hash', '<=', last)
    .where('day', '<', lastDay)
    .execute();
  return rows.map(({ hash }) => hash);
}

/** What the traces name that are kept though their tasks were made before an instant. By tasks_by_tenant, in turns. */
async function namedByKept(account: AccountScope, madeBefore: number): Promise<Set<string>> {
  const named = new Set<string>();
  const end = idAt('tsk', madeBefore);
  let after = '';
  for (;;) {
    const tasks = await account
      .tasksWithTrace()
      .select(['tasks.id', 'tasks.start_state'])
      .where('tasks.id', '>', after)
      .where('tasks.id', '<', end)
      .orderBy('tasks.id')
      .limit(rowsAtOnce)
      .execute();
    for (const { id, start_state } of tasks) {
      if (start_state !== null) await addNamed(account, named, [start_state]);
      await addNamedBySteps(account, named, id);
    }
    const last = tasks.at(-1);
    if (last === undefined || tasks.length < rowsAtOnce) return named;
    after = last.id;
    await nextTurn();
  }
}

async function addNamedBySteps(account: AccountScope, named: Set<string>, taskId: string): Promise<void> {
  let after = 0;
  for (;;) {
    const steps = await account
      .steps()
      .select(['step', 'entry'])
      .where('task_id', '=', taskId)
      .where('step', '>', after)
      .orderBy('step')
      .limit(rowsAtOnce)
      .execute();
    await addNamed(
      account,
      named,
      steps.map(({ entry }) => entry),
    );
    const last = steps.at(-1);
    if (last === undefined || steps.length < rowsAtOnce) return;
    after = last.step;
    await nextTurn();
  }
}

/** What entries name, and what the pages name that they name. */
async function addNamed(account: AccountScope, named: Set<string>, entries: readonly string[]): Promise<void> {
  const pages = new Set<string>();
  for (const text of entries) {
    const { messages = [], pages: own = [], memory = null } = parseStored<Partial<EncodedEntry>>(text);
    for (const hash of messages) named.add(hash);
    if (memory !== null) named.add(memory);
    for (const page of own) if (!named.has(page)) pages.add(page);
  }
  const unread = [...pages];
  for (let at = 0; at < unread.length; at += rowsAtOnce) {
    const rows = await account
      .contents()
      .select(['hash', 'body'])
      .where('hash', 'in', unread.slice(at, at + rowsAtOnce))
      .execute();
    for (const { hash, body } of rows) for (const each of [hash, ...parseStored<string[]>(body)]) named.add(each);
  }
}
