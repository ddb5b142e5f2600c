import type { AgentConfig } from '@runctl/agents';
import type { ToolDefinition } from '../models/model.ts';

/** An agent that a supervisor or a router may hand work to. */
export interface Member {
  agentId: string;
  role: string;
  /** When to choose it; null where nothing was said. */
  when: string | null;
  /** The tool that hands work to it. */
  toolName: string;
}

/** Of a tool's name, characters. */
const longestToolName = 64;

/** The members of an agent's version, each with the name of its tool: `delegate_to_` and its role, or its number. */
export function membersOf(config: Pick<AgentConfig, 'members'>): Member[] {
  const used = new Set<string>();
  return (config.members ?? []).map(({ agentId, role, when = null }, index) => {
    const byRole = delegateToolName(role);
    const toolName = byRole === null || used.has(byRole) ? `${prefix}member_${index + 1}` : byRole;
    used.add(toolName);
    return { agentId, role, when, toolName };
  });
}

const prefix = 'delegate_to_';

/** Null where the role has no letter or digit that a tool's name can have. */
function delegateToolName(role: string): string | null {
  const words = role
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return words === '' ? null : `${prefix}${words}`.slice(0, longestToolName);
}

/** What a model is told of the tool that hands work to a member. */
export function delegateTool({ role, when, toolName }: Member): ToolDefinition {
  return {
    name: toolName,
    description: `Hands work to ${role} and answers with the result.${when === null ? '' : ` When: ${when}`}`,
    inputSchema: {
      type: 'object',
      properties: {
        instruction: {
          type: 'string',
          minLength: 1,
          description: 'All that the member needs to know; it sees nothing else of this conversation.',
        },
      },
      required: ['instruction'],
      additionalProperties: false,
    },
  };
}
