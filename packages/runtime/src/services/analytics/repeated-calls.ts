import { sql } from 'kysely';
import type { Span } from '../period-window.ts';
import { type CountedTask, tasksOfAgent } from '../statistics/tool-steps.ts';
import type { TenantScope } from '../tenant-scope.ts';

/** Tool calls that are compared, the newest: their arguments have to be read. */
const mostCalls = 5_000;

/** Tasks that called a tool again with the arguments of an earlier call; simulated ones left out. By steps_of_tools. */
export async function tasksWithRepeats(scope: TenantScope, agentId: string, window: Span): Promise<CountedTask[]> {
  const rows = await scope
    .steps()
    .where(sql<boolean>`kind = 'tool'`)
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .select(['task_id', 'name', 'input'])
    .orderBy('finished_at', 'desc')
    .limit(mostCalls)
    .execute();
  const seen = new Set<string>();
  const repeating = new Set<string>();
  for (const { task_id, name, input } of rows) {
    const call = `${task_id} ${name} ${input}`;
    if (seen.has(call)) repeating.add(task_id);
    seen.add(call);
  }
  const tasks = await tasksOfAgent(scope, agentId, [...repeating]);
  return [...tasks.values()].filter(({ simulated }) => simulated === 0);
}
