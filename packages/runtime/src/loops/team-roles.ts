import type { AgentTeam, TeamMember } from '@runctl/teams';

/** What of a team decides how its tasks are done. */
export type TeamShape = Pick<AgentTeam, 'members' | 'strategy'>;

/** The member in the role `lead`, if one is. */
export function leadOf({ members }: Pick<TeamShape, 'members'>): TeamMember | undefined {
  return members.find(({ role }) => role.toLowerCase() === 'lead');
}

/** Who makes one answer of those of the others; the first in the role `aggregator`. */
export function aggregatorOf<Member extends { role: string }>({
  members,
}: {
  members: readonly Member[];
}): Member | undefined {
  return members.length < 2 ? undefined : members.find(({ role }) => role.toLowerCase() === 'aggregator');
}

/**
 * The agent that is in charge of a team's task: a supervisor's or a router's loop needs a model, which is the lead's, or
 * the first member's where nobody is the lead. Undefined where the strategy alone says what comes next.
 */
export function inCharge(team: TeamShape): TeamMember | undefined {
  if (team.strategy === 'sequential' || team.strategy === 'parallel') return undefined;
  return leadOf(team) ?? team.members[0];
}
