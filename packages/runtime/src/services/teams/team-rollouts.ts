import type { DeployTeamInput, TeamRollout, TeamRolloutMember } from '@runctl/teams';
import type { DeploymentService } from '../deployments.ts';
import { Failure } from '../failure.ts';
import { findTeam, holdTeam } from '../teams.ts';
import type { TenantScope, TenantWriteScope } from '../tenant-scope.ts';
import { storedTeamConfig } from '../wire/team.ts';
import { teamStatuses } from './team-status.ts';

/** What is done to one member; null: nothing has to be. */
type Operation = (agentId: string) => Promise<{ id: string } | null>;

/** Statuses of an agent that is in service, or about to be. */
const inService = ['deploying', 'running', 'degraded'];

/** Brings teams into service and out of it, member by member: one that cannot be moved keeps none of the others. */
export class TeamRollouts {
  readonly #deployments: DeploymentService;

  constructor(deployments: DeploymentService) {
    this.#deployments = deployments;
  }

  /** Waits a moment for what is under way at the members. @throws {Failure} `team.not_found` */
  async patience(scope: TenantScope, teamId: string, signal: AbortSignal): Promise<void> {
    const { members } = storedTeamConfig(await findTeam(scope, teamId));
    await Promise.all(members.map(({ agentId }) => this.#deployments.patience(scope, agentId, signal)));
  }

  /** Deploys each member that is not in service. @throws {Failure} `team.not_found` */
  deploy(scope: TenantWriteScope, teamId: string, { replicas = 1 }: DeployTeamInput): Promise<TeamRollout> {
    return this.#roll(scope, teamId, { inService: 1 }, async (agentId) =>
      (await isInService(scope, agentId)) ? null : this.#deployments.deploy(scope, agentId, { replicas }),
    );
  }

  /** Stops each member that is in service and that no other team in service has. @throws {Failure} `team.not_found` */
  stop(scope: TenantWriteScope, teamId: string): Promise<TeamRollout> {
    return this.#roll(scope, teamId, { inService: 0 }, async (agentId) => {
      if (!(await isInService(scope, agentId)) || (await isWantedElsewhere(scope, agentId, teamId))) return null;
      return this.#deployments.stop(scope, agentId, {});
    });
  }

  async #roll(
    scope: TenantWriteScope,
    teamId: string,
    to: { inService: 0 | 1 },
    operate: Operation,
  ): Promise<TeamRollout> {
    const team = await holdTeam(scope, teamId);
    const ids = storedTeamConfig(team).members.map(({ agentId }) => agentId);
    const done = new Map<string, TeamRolloutMember>();
    // In the order of their ids, so that two teams never wait for each other in a circle.
    for (const agentId of [...ids].sort()) done.set(agentId, await rollMember(agentId, operate));
    await scope.updateTeams().set({ in_service: to.inService }).where('id', '=', teamId).execute();
    const [status = 'stopped'] = await teamStatuses(scope, [team]);
    return { teamId: teamId as TeamRollout['teamId'], status, members: ids.flatMap((id) => done.get(id) ?? []) };
  }
}

/** An operation that is refused has written nothing, so the others go on in the same transaction. */
async function rollMember(agentId: string, operate: Operation): Promise<TeamRolloutMember> {
  try {
    const deployment = await operate(agentId);
    return {
      agentId,
      ok: true,
      deploymentId: (deployment?.id ?? null) as TeamRolloutMember['deploymentId'],
      error: null,
    };
  } catch (reason) {
    if (!(reason instanceof Failure)) throw reason;
    const { code, message } = reason;
    return { agentId, ok: false, deploymentId: null, error: { code, message } };
  }
}

async function isInService(scope: TenantScope, agentId: string): Promise<boolean> {
  const agent = await scope.agents().select('status').where('id', '=', agentId).executeTakeFirst();
  return agent !== undefined && inService.includes(agent.status);
}

/** By team_members_by_agent. */
async function isWantedElsewhere(scope: TenantScope, agentId: string, teamId: string): Promise<boolean> {
  const having = scope.teamMembers().select('team_id').where('agent_id', '=', agentId).where('team_id', '!=', teamId);
  const other = await scope
    .teams()
    .select('id')
    .where('id', 'in', having)
    .where('in_service', '=', 1)
    .executeTakeFirst();
  return other !== undefined;
}
