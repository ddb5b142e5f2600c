import { inCharge } from '../../loops/team-roles.ts';
import type { TaskRow } from '../../store/schema.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { storedConfig } from '../wire/agent.ts';
import { storedTeamConfig } from '../wire/team.ts';

/** Whom a team's task is given to: the team as it is now, and the agent in charge where the strategy has one. */
export type TeamAssignment = Pick<TaskRow, 'agent_id' | 'team_id' | 'team_version' | 'simulated'>;

/** Undefined where the tenant has no such team. By primary key. */
export async function readTeamAssignment(scope: TenantScope, teamId: string): Promise<TeamAssignment | undefined> {
  const row = await scope.teams().select(['version', 'config']).where('id', '=', teamId).executeTakeFirst();
  if (row === undefined) return undefined;
  const team = storedTeamConfig(row);
  const chief = inCharge(team);
  const isSimulated = chief === undefined && (await areSimulated(scope, team));
  return {
    agent_id: chief?.agentId ?? null,
    team_id: teamId,
    team_version: row.version,
    simulated: isSimulated ? 1 : 0,
  };
}

/** A task without a model of its own is simulated where all of its members are. */
async function areSimulated(scope: TenantScope, team: { members: readonly { agentId: string }[] }) {
  const ids = team.members.map(({ agentId }) => agentId);
  const agents = await scope.agents().select('config').where('id', 'in', ids).execute();
  return agents.every((agent) => storedConfig(agent).modelProvider === 'simulated');
}
