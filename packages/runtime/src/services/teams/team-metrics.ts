import type { PeriodQuery, WireQuery } from '@runctl/core';
import type { TeamHandoff, TeamMemberMetrics, TeamMetrics } from '@runctl/teams';
import { sql } from 'kysely';
import { resolveWindow, toPeriodWindow, type Window } from '../period-window.ts';
import { Durations } from '../statistics/durations.ts';
import { successRate, totalFinished } from '../statistics/finished-tasks.ts';
import { findTeam } from '../teams.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { toUsd } from '../wire/money.ts';
import { storedTeamConfig } from '../wire/team.ts';
import { readHandoffs } from './handoffs.ts';

/** What a team did in a window of time; by default the last 24 hours. Every task counts, simulated ones too. */
export class TeamMetricsService {
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** @throws {Failure} `team.not_found`, `request.invalid` */
  async getMetrics(scope: TenantScope, teamId: string, query: WireQuery<PeriodQuery>): Promise<TeamMetrics> {
    const { members } = storedTeamConfig(await findTeam(scope, teamId));
    const window = resolveWindow(query, this.#now(), 'day');
    const { total, completed, failed, cancelled } = await totalFinished(scope, { finished: window, teamId });
    const work = await workByAgent(scope, teamId, window);
    return {
      teamId: teamId as TeamMetrics['teamId'],
      ...toPeriodWindow(window),
      tasks: { total, completed, failed, cancelled, successRate: successRate({ completed, failed }) },
      members: members.map(({ agentId, role }) => ({ agentId, role, ...(work.get(agentId) ?? noWork) })),
      handoffs: sorted(await readHandoffs(scope, teamId, window)),
    };
  }
}

type Work = Omit<TeamMemberMetrics, 'agentId' | 'role'>;

const noWork: Work = { tasks: 0, failed: 0, tokens: 0, costUsd: 0, p95Ms: null };

/** Of the roots and all that they handed out. By tasks_finished and tasks_by_team. */
async function workByAgent(scope: TenantScope, teamId: string, { from, to }: Window): Promise<Map<string, Work>> {
  const roots = scope.tasks().select('id').where('team_id', '=', teamId);
  const rows = await scope
    .tasks()
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to)
    .where(({ eb, or }) => or([eb('team_id', '=', teamId), eb('root_task_id', 'in', roots)]))
    .select([
      'agent_id',
      sql<number>`count(*)`.as('tasks'),
      sql<number>`count(*) FILTER (WHERE status = 'failed')`.as('failed'),
      sql<number>`CAST(sum(input_tokens + output_tokens) AS BIGINT)`.as('tokens'),
      sql<number | null>`CAST(sum(cost_microusd) AS BIGINT)`.as('cost'),
      sql<number>`count(cost_microusd)`.as('priced'),
      sql<string | null>`string_agg(CAST(finished_at - started_at AS TEXT), ',')`.as('durations'),
    ])
    .groupBy('agent_id')
    .execute();
  return new Map(
    rows.map(({ agent_id, tasks, failed, tokens, cost, priced, durations }) => [
      agent_id ?? '',
      {
        tasks,
        failed,
        tokens,
        costUsd: priced < tasks ? null : toUsd(cost ?? 0),
        p95Ms: Durations.read(durations).percentile(0.95),
      },
    ]),
  );
}

/** Most frequent first. */
function sorted(handoffs: readonly TeamHandoff[]): TeamHandoff[] {
  const name = ({ from, to }: TeamHandoff) => `${from} ${to}`;
  return [...handoffs].sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1));
}
