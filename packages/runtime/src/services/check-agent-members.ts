import type { ValidationIssue } from '@runctl/core';
import { membersOf } from '../loops/members.ts';
import { invalid } from './failure.ts';
import type { FailureCode } from './failure-kinds.ts';
import type { TenantScope } from './tenant-scope.ts';
import type { StoredAgentConfig } from './wire/agent.ts';

/** Types of agent that hand work on. */
const delegating: readonly StoredAgentConfig['type'][] = ['supervisor', 'router'];

/**
 * What is wrong with the members of an agent.
 *
 * @throws {Failure} `agent.reference_unknown` - a member is no agent of the tenant; `request.invalid` - there is none
 * where one is needed, two have one role, or a tool has the name of the one that hands work to a member
 */
export async function checkMembers(scope: TenantScope, config: StoredAgentConfig): Promise<void> {
  refuseIf(await unknownMembers(scope, config), 'agent.reference_unknown');
  if (!delegating.includes(config.type)) return;
  refuseIf([...missingMembers(config), ...repeatedRoles(config), ...takenNames(config)], 'request.invalid');
}

function refuseIf(issues: readonly ValidationIssue[], code: FailureCode): void {
  if (issues.length > 0) throw invalid(issues, code);
}

async function unknownMembers(scope: TenantScope, { members }: StoredAgentConfig): Promise<ValidationIssue[]> {
  if (members.length === 0) return [];
  const ids = members.map(({ agentId }) => agentId);
  const known = new Set((await scope.agents().select('id').where('id', 'in', ids).execute()).map(({ id }) => id));
  return members.flatMap(({ agentId }, index): ValidationIssue[] =>
    known.has(agentId)
      ? []
      : [{ path: `/members/${index}/agentId`, code: 'agent.not_found', message: `There is no agent ${agentId}.` }],
  );
}

function missingMembers({ type, members }: StoredAgentConfig): ValidationIssue[] {
  if (members.length > 0) return [];
  const message = `A ${type} hands its work to members: give at least one { agentId, role, when? }.`;
  return [{ path: '/members', code: 'agent.members_missing', message }];
}

function repeatedRoles({ members }: StoredAgentConfig): ValidationIssue[] {
  return members.flatMap(({ role }, index): ValidationIssue[] =>
    members.findIndex((each) => each.role === role) === index
      ? []
      : [{ path: `/members/${index}/role`, code: 'agent.role_duplicate', message: `Two members are "${role}".` }],
  );
}

function takenNames(config: StoredAgentConfig): ValidationIssue[] {
  const names = new Set(membersOf(config).map(({ toolName }) => toolName));
  return config.tools.flatMap((tool, index): ValidationIssue[] => {
    if (typeof tool === 'string' || !names.has(tool.name)) return [];
    const message = `"${tool.name}" is the tool that hands work to a member; choose another name.`;
    return [{ path: `/tools/${index}/name`, code: 'agent.tool_name_reserved', message }];
  });
}
