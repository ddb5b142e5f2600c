import { isEnding } from '../new-events.ts';
import type { TaskRow } from '../schema.ts';
import type { StepCommit } from '../store.ts';
import { rootsOf, withinTree } from '../tree-limit.ts';
import { movesOthers } from '../waits.ts';
import { WriteEvents } from '../write-events.ts';
import { commitHeldTasks, insertTasks, lockTasks, type Runner } from './hot-statements.ts';
import { queryOver } from './query-over.ts';
import { settle } from './settle.ts';

/** Commits what is held, adds the tasks that steps hand out, and tells those that wait for an end. */
export async function commitSteps(
  client: Runner,
  commits: readonly StepCommit[],
): Promise<{ versions: ReadonlyMap<string, number>; told: WriteEvents }> {
  const told = new WriteEvents();
  const moving = commits.filter(movesOthers);
  const parents = moving.flatMap(({ end, parentTaskId }) =>
    parentTaskId && end?.status !== 'waiting' ? parentTaskId : [],
  );
  await lockTasks(client, [...parents, ...rootsOf(moving.flatMap(({ children = [] }) => children))]);
  const versions = await commitHeldTasks(client, commits);
  const accepted = moving.filter(({ lease }) => versions.has(lease.taskId));
  if (accepted.length === 0) return { versions, told };
  const now = Math.max(...accepted.map((commit) => commit.now));
  const children: TaskRow[] = [];
  for (const { children: own = [], mostInTree } of accepted) {
    const added = mostInTree === undefined ? own : await withinTree(queryOver(client), own, mostInTree, now);
    if (added.length > 0) await insertTasks(client, added);
    children.push(...added);
  }
  told.inserted(children);
  const refused = children.filter(({ status }) => isEnding(status)).map(({ id }) => id);
  await settle(client, told, now, [...accepted.map(({ lease }) => lease.taskId), ...refused]);
  return { versions, told };
}
