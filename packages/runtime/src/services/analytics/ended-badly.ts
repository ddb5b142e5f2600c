import type { TaskError } from '@runctl/tasks';
import type { TaskRow } from '../../store/schema.ts';
import type { Span } from '../period-window.ts';
import { badEndSums } from '../statistics/bad-end-sums.ts';
import { isCovered, readCover, uncovered } from '../statistics/cover.ts';
import { hourSum } from '../statistics/finished-tasks.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Failed and cancelled tasks that are looked into, the newest: what they have in common shows in these. */
const mostTasks = 500;

/** A task that failed or was cancelled. */
export interface BadEnd {
  id: string;
  status: 'failed' | 'cancelled';
  version: number | null;
  error: TaskError | null;
}

/** An agent's newest tasks that came to nothing in a window, newest first; simulated ones left out. By tasks_finished. */
export async function newestBadEnds(scope: TenantScope, agentId: string, window: Span): Promise<BadEnd[]> {
  const rows = await scope
    .tasks()
    .select(['id', 'status', 'agent_version', 'error'])
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .where('status', 'in', ['failed', 'cancelled'])
    .where('agent_id', '=', agentId)
    .where('simulated', '=', 0)
    .orderBy('finished_at', 'desc')
    .limit(mostTasks)
    .execute();
  return rows.map(toBadEnd);
}

/** How many tasks came to nothing for one reason, all of them. */
export interface BadEndTotals {
  status: string;
  /** Of the error; empty where there is none. */
  code: string;
  total: number;
  /** Null: of some it is unknown. */
  costMicroUsd: number | null;
}

/** Why an agent's tasks came to nothing in a window; simulated ones left out. From the sums of hours where there are some. */
export async function badEndTotals(scope: TenantScope, agentId: string, window: Span): Promise<BadEndTotals[]> {
  const statistics = scope.statistics();
  const cover = await readCover(statistics, window);
  const summed = await statistics
    .badEndHours()
    .where('agent_id', '=', agentId)
    .where(isCovered(cover))
    .select(['status', 'code', hourSum('total'), hourSum('priced'), hourSum('cost_microusd')])
    .groupBy(['status', 'code'])
    .execute();
  const rest = await Promise.all(uncovered(window, cover).map((span) => badEndSums(statistics, span, agentId)));
  const all = [...summed, ...rest.flat()];
  const kinds = new Map(all.map(({ status, code }) => [`${status} ${code}`, { status, code }]));
  return [...kinds.values()].map(({ status, code }) => {
    const own = all.filter((each) => each.status === status && each.code === code);
    const add = (pick: (each: (typeof own)[number]) => number | null) =>
      own.reduce((sum, each) => sum + (pick(each) ?? 0), 0);
    const total = add((each) => each.total);
    const isKnown = add((each) => each.priced) === total;
    return { status, code, total, costMicroUsd: isKnown ? add((each) => each.cost_microusd) : null };
  });
}

function toBadEnd(row: Pick<TaskRow, 'id' | 'status' | 'agent_version' | 'error'>): BadEnd {
  return {
    id: row.id,
    status: row.status === 'failed' ? 'failed' : 'cancelled',
    version: row.agent_version,
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
  };
}
