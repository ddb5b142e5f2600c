import type { ValidationIssue } from '@runctl/core';
import type { TeamMember } from '@runctl/teams';
import { Failure, invalid } from '../failure.ts';
import type { TenantScope, TenantWriteScope } from '../tenant-scope.ts';

/** One tree of tasks has at most so many delegations, and each member of a team may be one. */
export const mostTeamMembers = 20;

/**
 * The members stay agents until this transaction ends: who would delete one waits.
 *
 * @throws {Failure} `team.reference_unknown` - some are no agents of the tenant, each is named;
 * `team.member_exists` - an agent is named twice
 */
export async function checkTeamMembers(scope: TenantWriteScope, members: readonly TeamMember[]): Promise<void> {
  const ids = members.map(({ agentId }) => agentId);
  const known = await lockAgents(scope, ids);
  const unknown = ids.flatMap((agentId, index): ValidationIssue[] =>
    known.has(agentId)
      ? []
      : [{ path: `/members/${index}/agentId`, code: 'agent.not_found', message: `There is no agent ${agentId}.` }],
  );
  if (unknown.length > 0) throw invalid(unknown, 'team.reference_unknown');
  const twice = ids.flatMap((agentId, index): ValidationIssue[] =>
    ids.indexOf(agentId) === index
      ? []
      : [{ path: `/members/${index}/agentId`, code: 'team.member_exists', message: `${agentId} is a member already.` }],
  );
  if (twice.length > 0) throw invalid(twice, 'team.member_exists');
}

/** In the order of their ids, so that two teams never wait for each other in a circle. */
async function lockAgents(scope: TenantWriteScope, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const id of [...new Set(ids)].sort()) {
    const row = await scope
      .updateAgents()
      .set(({ ref }) => ({ version: ref('version') }))
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (row !== undefined) known.add(row.id);
  }
  return known;
}

/** @throws {Failure} `agent.in_use` - a team has the agent. By team_members_by_agent. */
export async function refuseTeamMember(scope: TenantScope, agentId: string): Promise<void> {
  const member = await scope.teamMembers().select('team_id').where('agent_id', '=', agentId).executeTakeFirst();
  if (member === undefined) return;
  throw new Failure('agent.in_use', `Agent ${agentId} is a member of team ${member.team_id}.`, {
    resource: 'agent',
    resourceId: agentId,
    hint: 'Remove it first: DELETE /v1/teams/:teamId/members/:agentId.',
  });
}
