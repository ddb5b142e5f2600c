import type { AgentType } from '@runctl/agents';
import type { ModelGateway } from '../models/model.ts';
import type { ToolBox } from '../tools/tool.ts';
import type { Quotas } from './quotas.ts';

/** What services need besides a tenant's tables. */
export interface ServiceContext {
  /** Milliseconds since the epoch. */
  now: () => number;
  gateway: Pick<ModelGateway, 'checkProvider'>;
  tools: Pick<ToolBox, 'describe' | 'check'>;
  /** Whether this runtime has the loop of a type. */
  isAgentTypeSupported: (type: AgentType) => boolean;
  quotas: Pick<Quotas, 'checkAgents' | 'checkReplicas' | 'takeTasks'>;
}
