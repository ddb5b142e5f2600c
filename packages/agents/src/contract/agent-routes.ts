import type { AgentId, Deleted, ListQuery, PaginatedResponse, PeriodQuery, Timestamp, WireQuery } from '@runctl/core';
import type { Agent, CreateAgentInput, ListAgentsQuery, UpdateAgentInput } from './agent.ts';
import type { AgentEvent, AgentEventsQuery } from './agent-event.ts';
import type { AgentPerformance, ApprovalRates, OptimizationMetrics } from './agent-insights.ts';
import type { AgentInstance, InstanceHealth } from './agent-instance.ts';
import type { AgentLogs, AgentLogsQuery } from './agent-log.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import type { ToolDescription } from './agent-tool.ts';
import type {
  DeployAgentInput,
  Deployment,
  RestartAgentInput,
  RollbackAgentInput,
  ScaleAgentInput,
  StopAgentInput,
} from './deployment.ts';

/** Every route of agents: what it takes and what it answers, as JSON. */
export interface AgentRoutes {
  /** Creates an agent. */
  'POST /agents': { body: CreateAgentInput; result: Agent };
  /** Lists agents, newest first. */
  'GET /agents': { query?: WireQuery<ListAgentsQuery>; result: PaginatedResponse<Agent> };
  /** Reads an agent. */
  'GET /agents/:agentId': { result: Agent };
  /** Makes the next version of an agent. */
  'PATCH /agents/:agentId': { body: UpdateAgentInput; result: Agent };
  /** Deletes an agent. */
  'DELETE /agents/:agentId': { result: Deleted<AgentId> };
  /** Brings an agent into service. */
  'POST /agents/:agentId/deploy': { body: DeployAgentInput; result: Deployment };
  /** Changes the count of instances. */
  'POST /agents/:agentId/scale': { body: ScaleAgentInput; result: Deployment };
  /** Takes an agent out of service. */
  'POST /agents/:agentId/stop': { body: StopAgentInput; result: Deployment };
  /** Starts every instance anew. */
  'POST /agents/:agentId/restart': { body: RestartAgentInput; result: Deployment };
  /** Goes back to an earlier version. */
  'POST /agents/:agentId/rollback': { body: RollbackAgentInput; result: Deployment };
  /** Lists an agent's deployments, newest first. */
  'GET /agents/:agentId/deployments': { query?: ListQuery; result: PaginatedResponse<Deployment> };
  /** Reads a deployment; `wait` (seconds) holds the request until its version is above `version`. */
  'GET /agents/:agentId/deployments/:deploymentId': {
    query?: { wait?: number; version?: number };
    result: Deployment;
  };
  /** What an agent did in a window of time. */
  'GET /agents/:agentId/metrics': { query?: WireQuery<PeriodQuery>; result: AgentMetrics };
  /** A page of an agent's log, newest first. */
  'GET /agents/:agentId/logs': { query?: WireQuery<AgentLogsQuery>; result: AgentLogs };
  /** Lists an agent's instances. */
  'GET /agents/:agentId/instances': { query?: ListQuery; result: PaginatedResponse<AgentInstance> };
  /** Judges one instance. */
  'GET /agents/:agentId/instances/:instanceId/health': { result: InstanceHealth };
  /** The catalogue of built-in tools. */
  'GET /tools': { result: ToolDescription[] };
  /** Versions side by side. */
  'GET /agents/:agentId/analytics/performance': { query?: WireQuery<PeriodQuery>; result: AgentPerformance };
  /** How often people agreed. */
  'GET /agents/:agentId/analytics/approvals': { query?: WireQuery<PeriodQuery>; result: ApprovalRates };
  /** Where time and money are lost. */
  'GET /agents/:agentId/analytics/optimization': { query?: WireQuery<PeriodQuery>; result: OptimizationMetrics };
  /** Makes the version that a suggestion proposes. */
  'POST /agents/:agentId/analytics/suggestions/:suggestionId/apply': { result: Agent };
  /** Lists an agent's events, oldest first. */
  'GET /agents/:agentId/events': { query?: AgentEventsQuery & ListQuery; result: PaginatedResponse<AgentEvent> };
  /** The events as they happen, as server-sent events. `token` stands in for the API key. */
  'GET /agents/:agentId/events/stream': {
    query?: AgentEventsQuery & { after?: string; token?: string };
    result: AgentEvent;
  };
  /** A token that reads this one stream, for minutes. */
  'POST /agents/:agentId/events/stream-tokens': { result: { token: string; expiresAt: Timestamp } };
}
