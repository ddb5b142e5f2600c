import type { AgentConfig, AgentMember } from '@runctl/agents';
import type { RunConfig } from './loop.ts';
import { inCharge, type TeamShape } from './team-roles.ts';

/** Steps of a task that no model is in charge of: each member's turn is one. */
const mostTurns = 100;

/**
 * What a team's task runs: the agent in charge, as a supervisor or a router over the other members; or the team's order
 * by itself. A router without a lead chooses among all members, the first of which it borrows the model of.
 *
 * @param agent The version of the agent in charge; undefined where nobody is.
 */
export function teamTaskConfig(team: TeamShape & { name: string }, agent: AgentConfig | undefined): RunConfig {
  if (agent === undefined) {
    return {
      name: team.name,
      type: team.strategy === 'parallel' ? 'parallel' : 'sequential',
      modelProvider: '',
      model: '',
      systemPrompt: '',
      limits: { maxSteps: mostTurns },
      members: membersFor(team.members),
    };
  }
  const members = membersFor(handedTo(team));
  if (team.strategy === 'router') return { ...agent, type: 'router', members };
  return { ...agent, type: 'supervisor', members: [...members, ...ownMembers(agent, members)] };
}

/** A supervisor in charge of a team keeps the members that it has as an agent, behind those of the team. */
function ownMembers(agent: AgentConfig, ofTeam: readonly AgentMember[]): AgentMember[] {
  if (agent.type !== 'supervisor') return [];
  return (agent.members ?? []).filter((own) => !ofTeam.some(({ agentId }) => agentId === own.agentId));
}

/** Whom the one in charge may hand work to. */
function handedTo(team: TeamShape): TeamShape['members'] {
  const chief = inCharge(team);
  const others = team.members.filter((member) => member !== chief);
  const isLed = chief?.role.toLowerCase() === 'lead';
  return team.strategy === 'router' && (!isLed || others.length === 0) ? team.members : others;
}

/** Models choose by the role, so each has one of its own. */
function membersFor(members: TeamShape['members']): NonNullable<AgentConfig['members']> {
  return members.map(({ agentId, role, description = '' }, index) => {
    const before = members.slice(0, index).filter((each) => each.role === role).length;
    const own = before === 0 ? role : `${role} ${before + 1}`;
    return { agentId, role: own, ...(description === '' ? {} : { when: description }) };
  });
}
