import { isEnding, type StatusRow } from '../new-events.ts';
import { settleParents } from '../waits.ts';
import { signalWorkflows } from '../workflow-signals.ts';
import { WriteEvents } from '../write-events.ts';
import { insertEvents, lockSubjects, type Runner, readStatuses } from './hot-statements.ts';
import { queryOver } from './query-over.ts';

/** Writes the events of what a transaction has told. Last in it. */
export async function writeEvents(client: Runner, told: WriteEvents): Promise<void> {
  const tasks = await readStatuses(client, told.changedTaskIds);
  await lockSubjects(client, told.subjects);
  await insertEvents(client, told.rows(tasks));
}

/** Tells the parents of tasks that have ended, and writes the events of that and of what was told before. */
export async function settle(
  client: Runner,
  told: WriteEvents,
  now: number,
  among?: readonly string[],
): Promise<WriteEvents> {
  const query = queryOver(client);
  for (const change of await settleParents(query, now, among)) told.changed(change);
  for (const subject of await signalWorkflows(query, among)) told.poke(subject);
  await writeEvents(client, told);
  return told;
}

/** Tasks that something other than their run has moved on, and what that told their parents. */
export interface MovedTasks {
  moved: readonly StatusRow[];
  told: WriteEvents;
}

/** Tells the parents of those tasks that something other than their run has ended. */
export function settleMoved(client: Runner, moved: readonly StatusRow[], now: number): Promise<WriteEvents> {
  const ended = moved.filter(({ status }) => isEnding(status)).map(({ id }) => id);
  return settle(client, new WriteEvents(), now, ended);
}
