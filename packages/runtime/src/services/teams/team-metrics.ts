import type { PeriodQuery, WireQuery } from '@runctl/core';
import type { TeamHandoff, TeamMemberMetrics, TeamMetrics } from '@runctl/teams';
import { sql } from 'kysely';
import { resolveWindow, toPeriodWindow, type Window } from '../period-window.ts';
import { Durations } from '../statistics/durations.ts';
import { addUsd, mergeTotals, successRate } from '../statistics/finished-tasks.ts';
import { totalsOf } from '../statistics/totals.ts';
import { findTeam } from '../teams.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { toUsd } from '../wire/money.ts';
import { storedTeamConfig } from '../wire/team.ts';
import { isHandedOutBy, readHandoffs } from './handoffs.ts';

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
    const { total, completed, failed, cancelled } = mergeTotals(await totalsOf(scope, [window], { teamId }));
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

/** Of the roots, by tasks_finished_by_team, and all that they handed out, by tasks_handed_out; a task may be both. */
async function workByAgent(scope: TenantScope, teamId: string, { from, to }: Window): Promise<Map<string, Work>> {
  const tasks = scope.tasks().where('finished_at', '>=', from).where('finished_at', '<', to);
  const handedOut = tasks
    .where(sql<boolean>`root_task_id IS NOT NULL AND (team_id IS NULL OR team_id <> ${teamId})`)
    .where(isHandedOutBy(teamId));
  const [roots, others] = await Promise.all([sumByAgent(tasks.where('team_id', '=', teamId)), sumByAgent(handedOut)]);
  const agentIds = new Set([...roots, ...others].map(({ agent_id }) => agent_id ?? ''));
  return new Map([...agentIds].map((agentId) => [agentId, workOf([...roots, ...others], agentId)]));
}

function workOf(sums: Awaited<ReturnType<typeof sumByAgent>>, agentId: string): Work {
  const own = sums.filter(({ agent_id }) => (agent_id ?? '') === agentId);
  return {
    tasks: own.reduce((sum, { tasks }) => sum + tasks, 0),
    failed: own.reduce((sum, { failed }) => sum + failed, 0),
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    costUsd: addUsd(own.map(({ tasks, priced, cost }) => (priced < tasks ? null : toUsd(cost ?? 0)))),
    p95Ms: Durations.merge(own.map(({ durations }) => Durations.read(durations))).percentile(0.95),
  };
}

function sumByAgent(tasks: ReturnType<TenantScope['tasks']>) {
  return tasks
    .select([
      'agent_id',
      // Not of the rows: who counts ids needs more than tasks_finished has, and the planner takes the index of the team.
      sql<number>`count(id)`.as('tasks'),
      sql<number>`count(*) FILTER (WHERE status = 'failed')`.as('failed'),
      sql<number>`CAST(sum(input_tokens + output_tokens) AS BIGINT)`.as('tokens'),
      sql<number | null>`CAST(sum(cost_microusd) AS BIGINT)`.as('cost'),
      sql<number>`count(cost_microusd)`.as('priced'),
      sql<string | null>`string_agg(CAST(finished_at - started_at AS TEXT), ',')`.as('durations'),
    ])
    .groupBy('agent_id')
    .execute();
}

/** Most frequent first. */
function sorted(handoffs: readonly TeamHandoff[]): TeamHandoff[] {
  const name = ({ from, to }: TeamHandoff) => `${from} ${to}`;
  return [...handoffs].sort((a, b) => b.count - a.count || (name(a) < name(b) ? -1 : 1));
}
