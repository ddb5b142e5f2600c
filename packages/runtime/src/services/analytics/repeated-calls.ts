import { sql } from 'kysely';
import type { Span } from '../period-window.ts';
import { type CountedTask, tasksOfAgent } from '../statistics/tool-steps.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Tool calls that are compared, the newest. */
const mostCalls = 2_000;

/**
 * Tasks that called a tool again with the arguments of an earlier call; simulated ones left out. The index steps_of_tools
 * says which tasks called a tool more than once; arguments are read of these alone, and compared where they are.
 */
export async function tasksWithRepeats(scope: TenantScope, agentId: string, window: Span): Promise<CountedTask[]> {
  const newest = scope
    .steps()
    .where(sql<boolean>`kind = 'tool'`)
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .select(['task_id', 'name'])
    .orderBy('finished_at', 'desc')
    .limit(mostCalls);
  const { rows } = await sql<{ task_id: string }>`
    SELECT DISTINCT steps.task_id FROM (
      SELECT task_id, name FROM (${newest}) AS newest GROUP BY task_id, name HAVING count(*) > 1
    ) AS often
    JOIN steps ON steps.task_id = often.task_id AND steps.name = often.name AND steps.kind = 'tool'
      AND steps.finished_at IS NOT NULL
    GROUP BY steps.task_id, steps.name, steps.input HAVING count(*) > 1`.execute(scope.statistics().reader());
  const tasks = await tasksOfAgent(
    scope,
    agentId,
    rows.map(({ task_id }) => task_id),
  );
  return [...tasks.values()].filter(({ simulated }) => simulated === 0);
}
