import type {
  Deleted,
  DeploymentId,
  JsonObject,
  Labels,
  ListQuery,
  PaginatedResponse,
  PeriodQuery,
  PeriodWindow,
  TeamId,
  TenantId,
  Timestamp,
  WireQuery,
} from '@runctl/core';

/**
 * How a task of the team is done. `supervisor`: the lead delegates. `sequential`: member after member. `parallel`: all at
 * once, then the aggregator. `router`: one is chosen.
 */
export type TeamStrategy = 'supervisor' | 'sequential' | 'parallel' | 'router';

/** One agent of a team. An agent can be a member of several teams. */
export interface TeamMember {
  /** The agent. */
  agentId: string;
  /** Free text, shown to the models; `lead` and `aggregator` are understood. */
  role: string;
  /** What it is good at, shown to the models. Default empty. */
  description?: string;
}

/** What makes a new team. */
export interface CreateTeamInput {
  /** Shown to people; need not be unique. 1 to 200 characters. */
  name: string;
  /** For people. Default empty. */
  description?: string;
  /** In the order in which `sequential` asks them. 1 or more, each agent once. */
  members: TeamMember[];
  /** Default `supervisor` where a member is the lead, else `sequential`. */
  strategy?: TeamStrategy;
  /** Yours; returned as it is, never searched. Default `{}`. */
  metadata?: JsonObject;
  /** Yours. Default `{}`. */
  labels?: Labels;
}

/** What changes of a team; what is left out stays. Members have methods of their own. */
export type UpdateTeamInput = Partial<Omit<CreateTeamInput, 'members'>>;

/** A team as the runtime keeps it. */
export interface AgentTeam extends Required<CreateTeamInput> {
  /** Its id. */
  id: TeamId;
  /** The tenant that owns it. */
  tenantId: TenantId;
  /** Of its members: `running` where all run, `degraded` where some do. */
  status: 'stopped' | 'deploying' | 'running' | 'degraded';
  /** From 1; grows with every change. */
  version: number;
  /** When it was created. */
  createdAt: Timestamp;
  /** When it last changed. */
  updatedAt: Timestamp;
}

/** Which teams a list holds. */
export interface ListTeamsQuery extends ListQuery {
  /** Teams that have this agent as a member. */
  agentId?: string;
  /** Text in the name or the description, in any case. */
  search?: string;
}

/** How to bring a team into service. */
export interface DeployTeamInput {
  /** Instances of each member that does not run yet, 1 or more. Default 1. */
  replicas?: number;
}

/** What a deploy or a stop did to one member. */
export interface TeamRolloutMember {
  /** The agent. */
  agentId: string;
  /** Whether it was begun, or nothing had to be done. */
  ok: boolean;
  /** The deployment that was begun, or null. */
  deploymentId: DeploymentId | null;
  /** Why it was not begun, else null. */
  error: {
    /** Stable, for branching. */
    code: string;
    /** For people. */
    message: string;
  } | null;
}

/** What a deploy or a stop of a team began. One member's failure does not undo the others. */
export interface TeamRollout {
  /** The team. */
  teamId: TeamId;
  /** Where the team stands now. */
  status: AgentTeam['status'];
  /** Each member, in the team's order. */
  members: TeamRolloutMember[];
}

/** What one member did in a window of time. */
export interface TeamMemberMetrics {
  /** The agent. */
  agentId: string;
  /** Its role in the team. */
  role: string;
  /** Tasks that it worked on for the team. */
  tasks: number;
  /** Of these, failed. */
  failed: number;
  /** Tokens, input and output. */
  tokens: number;
  /** US dollars; null where a price is unknown. */
  costUsd: number | null;
  /** Milliseconds that 95 of 100 of these tasks took at most. */
  p95Ms: number | null;
}

/** Work that went from one member to another. */
export interface TeamHandoff {
  /** The agent that handed it out. */
  from: string;
  /** The agent that got it. */
  to: string;
  /** How often. */
  count: number;
}

/** What a team did in a window of time. Simulated tasks count like others, with tokens by estimate and cost 0. */
export interface TeamMetrics extends PeriodWindow {
  /** The team. */
  teamId: TeamId;
  /** Its root tasks that ended in the window. */
  tasks: {
    /** All of them. */
    total: number;
    /** Completed. */
    completed: number;
    /** Failed. */
    failed: number;
    /** Cancelled. */
    cancelled: number;
    /** Completed / (completed + failed), 0 to 1; null without any. */
    successRate: number | null;
  };
  /** Each member, in the team's order. */
  members: TeamMemberMetrics[];
  /** Who handed work to whom, how often. */
  handoffs: TeamHandoff[];
}

/** Every route of teams: what it takes and what it answers, as JSON. */
export interface TeamRoutes {
  /** Creates a team. */
  'POST /teams': { body: CreateTeamInput; result: AgentTeam };
  /** Lists teams, newest first. */
  'GET /teams': { query?: ListTeamsQuery; result: PaginatedResponse<AgentTeam> };
  /** Reads a team. */
  'GET /teams/:teamId': { result: AgentTeam };
  /** Changes a team. */
  'PATCH /teams/:teamId': { body: UpdateTeamInput; result: AgentTeam };
  /** Deletes a team. */
  'DELETE /teams/:teamId': { result: Deleted<TeamId> };
  /** Lists the members, in the team's order. */
  'GET /teams/:teamId/members': { result: TeamMember[] };
  /** Adds a member at the end. */
  'POST /teams/:teamId/members': { body: TeamMember; result: AgentTeam };
  /** Removes a member. */
  'DELETE /teams/:teamId/members/:agentId': { result: AgentTeam };
  /** Deploys each member that does not run. */
  'POST /teams/:teamId/deploy': { body: DeployTeamInput; result: TeamRollout };
  /** Stops each member that no other running team has. */
  'POST /teams/:teamId/stop': { result: TeamRollout };
  /** What a team did in a window of time. */
  'GET /teams/:teamId/metrics': { query?: WireQuery<PeriodQuery>; result: TeamMetrics };
}
