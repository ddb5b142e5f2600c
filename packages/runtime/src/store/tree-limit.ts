import type { TaskError } from '@runctl/tasks';
import { sql } from 'kysely';
import type { TaskRow } from './schema.ts';
import type { Query } from './store.ts';

// A task counts its tree before it hands work out, but others of the tree may do so at the same moment. So the tree is
// counted once more where the children are added, by who has its root: those beyond the limit are added as tasks that have
// failed, which tells the ones that wait for them.

/** The roots of the trees that children are added to. */
export function rootsOf(children: readonly TaskRow[]): string[] {
  return [...new Set(children.flatMap(({ root_task_id }) => root_task_id ?? []))];
}

/**
 * Children as they are to be added. On Postgres the caller has locked the roots of their trees. By primary key and
 * tasks_by_root.
 *
 * @param most Tasks that one tree may have.
 */
export async function withinTree(
  query: Query,
  children: readonly TaskRow[],
  most: number,
  now: number,
): Promise<TaskRow[]> {
  const room = new Map<string, number>();
  for (const rootId of rootsOf(children)) room.set(rootId, most - (await countTree(query, rootId)));
  return children.map((child) => {
    const rootId = child.root_task_id;
    if (rootId === null) return child;
    const left = room.get(rootId) ?? 0;
    room.set(rootId, left - 1);
    return left > 0 ? child : refused(child, most, now);
  });
}

async function countTree(query: Query, rootId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM tasks WHERE root_task_id = ${rootId}`.execute(query);
  return Number(rows[0]?.count ?? 0) + 1;
}

function refused(child: TaskRow, most: number, now: number): TaskRow {
  const message = `One tree of tasks has at most ${most - 1} delegations. Do it yourself, or answer with what you have.`;
  const error = JSON.stringify({ code: 'delegation_limit', message, step: null, retryable: false } satisfies TaskError);
  return { ...child, status: 'failed', error, finished_at: now };
}
