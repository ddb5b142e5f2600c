import {
  type Deleted,
  type IterQuery,
  type PaginatedResponse,
  type Paginator,
  type PeriodQuery,
  paginate,
  type RequestOptions,
  type Resource,
  type RouteTransport,
  type TeamId,
  type Transport,
  wireQuery,
} from '@runctl/core';
import type {
  AgentTeam,
  CreateTeamInput,
  DeployTeamInput,
  ListTeamsQuery,
  TeamMember,
  TeamMetrics,
  TeamRollout,
  TeamRoutes,
  UpdateTeamInput,
} from './contract.ts';

/**
 * Teams: agents that work together. `client.teams`. A team is given work with `tasks.create({ teamId })`.
 *
 * @example
 * ```ts
 * const team = await client.teams.create({
 *   name: 'Research Team',
 *   members: [
 *     { agentId: editor.id, role: 'lead' },
 *     { agentId: researcher.id, role: 'researcher' },
 *   ],
 * });
 * await client.teams.deploy(team.id);
 * ```
 */
export class Teams {
  readonly #transport: RouteTransport<TeamRoutes>;

  /** For a client; `createClient({ apiKey, resources: { teams } })` calls it. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * `POST /teams`: creates a team of agents that exist. Nothing is deployed by it.
   *
   * @throws {RunctlValidationError} 400 - no member, one agent twice, or an agent that does not exist
   */
  create(input: CreateTeamInput, options?: RequestOptions): Promise<AgentTeam> {
    return this.#transport.request({ route: 'POST /teams', body: input }, options);
  }

  /**
   * `GET /teams/:teamId`: reads a team.
   *
   * @throws {RunctlNotFoundError} 404 - no such team in this tenant
   */
  getById(teamId: string, options?: RequestOptions): Promise<AgentTeam> {
    return this.#transport.request({ route: 'GET /teams/:teamId', params: { teamId } }, options);
  }

  /** `GET /teams`: one page of teams, newest first. */
  list(query: ListTeamsQuery = {}, options?: RequestOptions): Promise<PaginatedResponse<AgentTeam>> {
    return this.#transport.request({ route: 'GET /teams', query, answer: 'page' }, options);
  }

  /** `GET /teams`: every team that fits, page after page, each page asked for when the loop needs it. */
  iter(query: IterQuery<ListTeamsQuery> = {}, options?: RequestOptions): Paginator<AgentTeam> {
    return paginate((page) => this.list({ ...query, ...page }, options));
  }

  /** `GET /teams`: the same as {@link Teams.iter}. */
  listAll(query: IterQuery<ListTeamsQuery> = {}, options?: RequestOptions): Paginator<AgentTeam> {
    return this.iter(query, options);
  }

  /**
   * `PATCH /teams/:teamId`: changes a team. What is left out stays; running tasks are not touched.
   *
   * @throws {RunctlConflictError} 412 - `ifMatch` was given and the team has another version
   */
  update(teamId: string, input: UpdateTeamInput, options?: RequestOptions): Promise<AgentTeam> {
    return this.#transport.request({ route: 'PATCH /teams/:teamId', params: { teamId }, body: input }, options);
  }

  /**
   * `DELETE /teams/:teamId`: deletes a team. Its agents stay, and stay deployed.
   *
   * @throws {RunctlConflictError} 409 - a task of it is live, or a workflow names it
   */
  delete(teamId: string, options?: RequestOptions): Promise<Deleted<TeamId>> {
    return this.#transport.request({ route: 'DELETE /teams/:teamId', params: { teamId } }, options);
  }

  /**
   * `POST /teams/:teamId/members`: adds a member at the end.
   *
   * @throws {RunctlConflictError} 409 - the agent is a member already
   * @throws {RunctlNotFoundError} 404 - no such team or agent
   */
  addMember(teamId: string, input: TeamMember, options?: RequestOptions): Promise<AgentTeam> {
    return this.#transport.request({ route: 'POST /teams/:teamId/members', params: { teamId }, body: input }, options);
  }

  /**
   * `DELETE /teams/:teamId/members/:agentId`: removes a member. The agent stays, and stays deployed.
   *
   * @throws {RunctlConflictError} 409 - it is the last member
   * @throws {RunctlNotFoundError} 404 - no such team, or the agent is no member
   */
  removeMember(teamId: string, agentId: string, options?: RequestOptions): Promise<AgentTeam> {
    const route = 'DELETE /teams/:teamId/members/:agentId';
    return this.#transport.request({ route, params: { teamId, agentId } }, options);
  }

  /** `GET /teams/:teamId/members`: every member, in the team's order. */
  listMembers(teamId: string, options?: RequestOptions): Promise<TeamMember[]> {
    return this.#transport.request(
      { route: 'GET /teams/:teamId/members', params: { teamId }, answer: 'list' },
      options,
    );
  }

  /**
   * `POST /teams/:teamId/deploy`: deploys each member that does not run. One member's failure does not undo the
   * others: it stands in `members` of the answer.
   *
   * @throws {RunctlNotFoundError} 404 - no such team in this tenant
   */
  deploy(teamId: string, input: DeployTeamInput = {}, options?: RequestOptions): Promise<TeamRollout> {
    return this.#transport.request({ route: 'POST /teams/:teamId/deploy', params: { teamId }, body: input }, options);
  }

  /**
   * `POST /teams/:teamId/stop`: stops each member that no other running team has. Queued tasks stay queued.
   *
   * @throws {RunctlNotFoundError} 404 - no such team in this tenant
   */
  stop(teamId: string, options?: RequestOptions): Promise<TeamRollout> {
    return this.#transport.request({ route: 'POST /teams/:teamId/stop', params: { teamId } }, options);
  }

  /** `GET /teams/:teamId/metrics`: tasks, members and handoffs of a team in a window of time. */
  async getMetrics(teamId: string, query: PeriodQuery = {}, options?: RequestOptions): Promise<TeamMetrics> {
    const route = 'GET /teams/:teamId/metrics';
    return this.#transport.request({ route, params: { teamId }, query: wireQuery(query) }, options);
  }
}

/** The resource for `createClient({ apiKey, resources: { teams } })`. */
export const teams: Resource<Teams> = (transport) => new Teams(transport);
