import type { PaginatedResponse } from '@runctl/core';
import type { AgentTeam, CreateTeamInput, ListTeamsQuery, TeamMember, UpdateTeamInput } from '@runctl/teams';
import { sql } from 'kysely';
import type { TeamRow } from '../store/team-rows.ts';
import { Failure, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { readPage } from './page.ts';
import { checkTeamMembers, mostTeamMembers } from './teams/check-team-members.ts';
import { teamStatuses } from './teams/team-status.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { type StoredTeamConfig, storedTeamConfig, toTeam } from './wire/team.ts';

/** Teams: their configuration, its versions, their members. */
export class TeamService {
  readonly #now: () => number;

  constructor({ now }: { now: () => number }) {
    this.#now = now;
  }

  /** @throws {Failure} `team.reference_unknown`, `team.member_exists` */
  async create(scope: TenantWriteScope, input: CreateTeamInput): Promise<AgentTeam> {
    const config = withDefaults(input);
    await checkTeamMembers(scope, config.members);
    const now = this.#now();
    const row = {
      id: newId('tem', now),
      version: 1,
      in_service: 0,
      config: JSON.stringify(config),
      search_text: searchText(config),
      created_at: now,
      updated_at: now,
      deleted_at: null,
    };
    await scope.insertTeam(row);
    await scope.insertTeamVersion({ team_id: row.id, version: 1, config: row.config, created_at: now });
    await scope.replaceTeamMembers(row.id, agentIds(config));
    await scope.insertLabels(row.id, config.labels);
    return teamOf(scope, { ...row, tenant_id: scope.tenantId });
  }

  /** @throws {Failure} `team.not_found` */
  async getById(scope: TenantScope, teamId: string): Promise<AgentTeam> {
    return teamOf(scope, await findTeam(scope, teamId));
  }

  /** Newest first. */
  async list(scope: TenantScope, query: ListTeamsQuery): Promise<PaginatedResponse<AgentTeam>> {
    const filtered = () => {
      let teams = scope.teams();
      if (query.search !== undefined)
        teams = teams.where(sql<boolean>`search_text LIKE ${containing(query.search)} ESCAPE '\\'`);
      if (query.agentId !== undefined) {
        const having = scope.teamMembers().select('team_id').where('agent_id', '=', query.agentId);
        teams = teams.where('id', 'in', having);
      }
      return teams;
    };
    const { data: rows, ...page } = await readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const teams = before === undefined ? filtered() : filtered().where('id', '<', before);
          return teams.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: async () =>
          (
            await filtered()
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .executeTakeFirstOrThrow()
          ).count,
      },
      (row: TeamRow) => row,
    );
    const statuses = await teamStatuses(scope, rows);
    return { ...page, data: rows.map((row, index) => toTeam(row, statuses[index] ?? 'stopped')) };
  }

  /**
   * Makes the next version. What is left out stays; a task keeps the version that it was created with.
   *
   * @throws {Failure} `team.not_found`, `version.mismatch`
   */
  async update(
    scope: TenantWriteScope,
    teamId: string,
    input: UpdateTeamInput,
    ifMatch: number | undefined,
  ): Promise<AgentTeam> {
    const row = await holdTeam(scope, teamId);
    if (ifMatch !== undefined && ifMatch !== row.version) {
      throw new Failure('version.mismatch', `Team ${teamId} is at version ${row.version}, expected ${ifMatch}.`, {
        resource: 'team',
        resourceId: teamId,
        hint: 'Read the team again, apply your change to what it is now, and send its version as If-Match.',
      });
    }
    if (input.labels !== undefined) await scope.replaceLabels(teamId, input.labels);
    return this.#change(scope, row, { ...storedTeamConfig(row), ...input });
  }

  /**
   * Its agents, its tasks and their traces stay.
   *
   * @throws {Failure} `team.not_found`, `team.has_open_tasks`
   */
  async delete(scope: TenantWriteScope, teamId: string): Promise<{ id: AgentTeam['id']; deleted: true }> {
    const row = await holdTeam(scope, teamId);
    const open = await scope
      .tasks()
      .select('id')
      .where('team_id', '=', teamId)
      .where('status', 'in', ['scheduled', 'queued', 'running', 'waiting'])
      .executeTakeFirst();
    if (open !== undefined) {
      throw new Failure('team.has_open_tasks', `Task ${open.id} of team ${teamId} has not ended.`, {
        resource: 'team',
        resourceId: teamId,
        hint: 'Cancel the tasks of the team, or wait until they have ended.',
      });
    }
    await scope.replaceLabels(teamId, {});
    await scope.replaceTeamMembers(teamId, []);
    const deleted = { deleted_at: this.#now(), in_service: 0 };
    await scope.updateTeams().set(deleted).where('id', '=', teamId).execute();
    return { id: row.id as AgentTeam['id'], deleted: true };
  }

  /** In the team's order. @throws {Failure} `team.not_found` */
  async listMembers(scope: TenantScope, teamId: string): Promise<TeamMember[]> {
    return storedTeamConfig(await findTeam(scope, teamId)).members;
  }

  /** At the end. @throws {Failure} `team.not_found`, `team.reference_unknown`, `team.member_exists`, `team.full` */
  async addMember(scope: TenantWriteScope, teamId: string, member: TeamMember): Promise<AgentTeam> {
    const row = await holdTeam(scope, teamId);
    const config = storedTeamConfig(row);
    const members = [...config.members, withDescription(member)];
    await checkTeamMembers(scope, members);
    if (members.length > mostTeamMembers) {
      throw new Failure('team.full', `Team ${teamId} has ${config.members.length} members, the most there can be.`, {
        resource: 'team',
        resourceId: teamId,
        hint: 'Remove a member first, or give part of the work to another team.',
      });
    }
    return this.#change(scope, row, { ...config, members });
  }

  /** @throws {Failure} `team.not_found`, `team_member.not_found`, `team.last_member` */
  async removeMember(scope: TenantWriteScope, teamId: string, agentId: string): Promise<AgentTeam> {
    const row = await holdTeam(scope, teamId);
    const config = storedTeamConfig(row);
    const members = config.members.filter((member) => member.agentId !== agentId);
    if (members.length === config.members.length) throw notFound('team_member', agentId);
    if (members.length === 0) {
      throw new Failure('team.last_member', `Agent ${agentId} is the last member of team ${teamId}.`, {
        resource: 'team',
        resourceId: teamId,
        hint: 'Add another member first, or delete the team.',
      });
    }
    return this.#change(scope, row, { ...config, members });
  }

  async #change(scope: TenantWriteScope, row: TeamRow, config: StoredTeamConfig): Promise<AgentTeam> {
    const now = this.#now();
    const { id: teamId } = row;
    const change = {
      version: row.version + 1,
      config: JSON.stringify(config),
      search_text: searchText(config),
      updated_at: now,
    };
    await scope.updateTeams().set(change).where('id', '=', teamId).execute();
    await scope.insertTeamVersion({
      team_id: teamId,
      version: change.version,
      config: change.config,
      created_at: now,
    });
    await scope.replaceTeamMembers(teamId, agentIds(config));
    return teamOf(scope, { ...row, ...change });
  }
}

/** @throws {Failure} `team.not_found` */
export async function findTeam(scope: TenantScope, teamId: string): Promise<TeamRow> {
  const row = await scope.teams().selectAll().where('id', '=', teamId).executeTakeFirst();
  if (row === undefined) throw notFound('team', teamId);
  return row;
}

/** The team, which nobody else changes until this transaction ends. @throws {Failure} `team.not_found` */
export async function holdTeam(scope: TenantWriteScope, teamId: string): Promise<TeamRow> {
  const row = await scope
    .updateTeams()
    .set(({ ref }) => ({ version: ref('version') }))
    .where('id', '=', teamId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound('team', teamId);
  return row;
}

async function teamOf(scope: TenantScope, row: TeamRow): Promise<AgentTeam> {
  const [status = 'stopped'] = await teamStatuses(scope, [row]);
  return toTeam(row, status);
}

function withDefaults(input: CreateTeamInput): StoredTeamConfig {
  const hasLead = input.members.some(({ role }) => role === 'lead');
  return {
    name: input.name,
    description: input.description ?? '',
    members: input.members.map(withDescription),
    strategy: input.strategy ?? (hasLead ? 'supervisor' : 'sequential'),
    metadata: input.metadata ?? {},
    labels: input.labels ?? {},
  };
}

function withDescription({ agentId, role, description = '' }: TeamMember): TeamMember {
  return { agentId, role, description };
}

function agentIds({ members }: StoredTeamConfig): string[] {
  return members.map(({ agentId }) => agentId);
}

function searchText({ name, description }: StoredTeamConfig): string {
  return `${name}\n${description}`.toLowerCase();
}

function containing(text: string): string {
  return `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
}
