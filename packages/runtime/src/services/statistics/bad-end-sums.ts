import type { TaskError } from '@runctl/tasks';
import { hourOf } from '../../full-hours.ts';
import type { BadEndHourRow } from '../../store/statistics-rows.ts';
import type { Span } from '../period-window.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { StatisticsScope } from './statistics-scope.ts';

/** Tasks that came to nothing for one reason in one hour, before the sum has its tenant. */
type BadEndSum = Omit<BadEndHourRow, 'tenant_id'>;

/**
 * Why tasks of agents came to nothing in a span, which stands in their errors; simulated ones left out. By
 * tasks_finished, each row by its key.
 */
export async function badEndSums(scope: StatisticsScope, { from, to }: Span, agentId?: string): Promise<BadEndSum[]> {
  let ended = scope
    .tasks()
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to)
    .where('status', 'in', ['failed', 'cancelled'])
    .where('simulated', '=', 0);
  ended = agentId === undefined ? ended.where('agent_id', 'is not', null) : ended.where('agent_id', '=', agentId);
  const rows = await ended.select(['agent_id', 'status', 'finished_at', 'error', 'cost_microusd']).execute();
  const sums = new Map<string, BadEndSum>();
  for (const { agent_id, status, finished_at, error, cost_microusd } of rows) {
    const [code, hour] = [codeOf(error), hourOf(finished_at ?? 0)];
    const key = JSON.stringify([agent_id, hour, status, code]);
    const none = { agent_id: agent_id ?? '', hour, status, code, total: 0, cost_microusd: 0, priced: 0 };
    const sum = sums.get(key) ?? none;
    sum.total += 1;
    sum.cost_microusd += cost_microusd ?? 0;
    sum.priced += cost_microusd === null ? 0 : 1;
    sums.set(key, sum);
  }
  return [...sums.values()];
}

/** Of a stored error; empty where there is none. */
function codeOf(error: string | null): string {
  return error === null ? '' : (parseStored<Partial<TaskError>>(error).code ?? '');
}
