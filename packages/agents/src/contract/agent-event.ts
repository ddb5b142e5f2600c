import type { AgentId, EventId, Timestamp } from '@runctl/core';
import type { Agent } from './agent.ts';
import type { AgentInstance } from './agent-instance.ts';
import type { Deployment } from './deployment.ts';

/** Something that happened to an agent. `type` says what, and which `data` it carries. */
export type AgentEvent = {
  /** Its id; in the order of time. */
  id: EventId;
  /** The agent. */
  agentId: AgentId;
  /** When it happened. */
  createdAt: Timestamp;
} & (
  | {
      type: 'agent.status';
      /** The agent after the change. */
      data: Agent;
    }
  | {
      type: 'deployment.updated';
      /** The deployment after the change. */
      data: Deployment;
    }
  | {
      type: 'instance.updated';
      /** The instance after the change. */
      data: AgentInstance;
    }
);

/** Which events of an agent. */
export interface AgentEventsQuery {
  /** One type, or any of several. Default all. */
  type?: AgentEvent['type'] | AgentEvent['type'][];
}
