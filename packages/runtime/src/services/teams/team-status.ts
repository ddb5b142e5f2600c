import type { AgentTeam } from '@runctl/teams';
import type { TeamRow } from '../../store/team-rows.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { storedTeamConfig } from '../wire/team.ts';

/** What a team is said to be follows from its members: their statuses in, the team's out. */
export function statusOfTeam(members: readonly string[]): AgentTeam['status'] {
  if (members.includes('deploying')) return 'deploying';
  if (members.length > 0 && members.every((status) => status === 'running')) return 'running';
  return members.some((status) => status === 'running' || status === 'degraded') ? 'degraded' : 'stopped';
}

/** The statuses of teams, in their order, from one look at all their members. By primary key. */
export async function teamStatuses(scope: TenantScope, teams: readonly TeamRow[]): Promise<AgentTeam['status'][]> {
  const members = teams.map((team) => storedTeamConfig(team).members.map(({ agentId }) => agentId));
  const ids = [...new Set(members.flat())];
  const rows = ids.length === 0 ? [] : await scope.agents().select(['id', 'status']).where('id', 'in', ids).execute();
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  return members.map((agentIds) => statusOfTeam(agentIds.map((id) => statuses.get(id) ?? 'stopped')));
}
