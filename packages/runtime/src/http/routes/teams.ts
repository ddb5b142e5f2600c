import type { TeamRoutes } from '@runctl/teams';
import type { Services } from '../../services/services.ts';
import type { RouteHandlers } from '../route.ts';
import { periodQuery } from '../schemas/statistics.ts';
import { createTeamInput, deployTeamInput, listTeamsQuery, teamMember, updateTeamInput } from '../schemas/teams.ts';

/** Teams: agents that work together. */
export function teamRoutes({ teams, teamMetrics, teamRollouts }: Services): RouteHandlers<TeamRoutes> {
  return {
    'POST /teams': {
      kind: 'write',
      scope: 'agents',
      status: 201,
      body: createTeamInput,
      handle: (scope, { body }) => teams.create(scope, body),
    },
    'GET /teams': {
      kind: 'read',
      scope: 'read',
      query: listTeamsQuery,
      handle: (scope, { query }) => teams.list(scope, query),
    },
    'GET /teams/:teamId': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => teams.getById(scope, params.teamId),
    },
    'PATCH /teams/:teamId': {
      kind: 'write',
      scope: 'agents',
      body: updateTeamInput,
      handle: (scope, { params, body, ifMatch }) => teams.update(scope, params.teamId, body, ifMatch),
    },
    'DELETE /teams/:teamId': {
      kind: 'write',
      scope: 'agents',
      handle: (scope, { params }) => teams.delete(scope, params.teamId),
    },
    'GET /teams/:teamId/members': {
      kind: 'read',
      scope: 'read',
      handle: (scope, { params }) => teams.listMembers(scope, params.teamId),
    },
    'POST /teams/:teamId/members': {
      kind: 'write',
      scope: 'agents',
      body: teamMember,
      handle: (scope, { params, body }) => teams.addMember(scope, params.teamId, body),
    },
    'DELETE /teams/:teamId/members/:agentId': {
      kind: 'write',
      scope: 'agents',
      handle: (scope, { params }) => teams.removeMember(scope, params.teamId, params.agentId),
    },
    'POST /teams/:teamId/deploy': {
      kind: 'write',
      scope: 'agents',
      body: deployTeamInput,
      prepare: (scope, { params, signal }) => teamRollouts.patience(scope, params.teamId, signal()),
      handle: (scope, { params, body }) => teamRollouts.deploy(scope, params.teamId, body),
    },
    'POST /teams/:teamId/stop': {
      kind: 'write',
      scope: 'agents',
      prepare: (scope, { params, signal }) => teamRollouts.patience(scope, params.teamId, signal()),
      handle: (scope, { params }) => teamRollouts.stop(scope, params.teamId),
    },
    'GET /teams/:teamId/metrics': {
      kind: 'read',
      scope: 'read',
      query: periodQuery,
      handle: (scope, { params, query }) => teamMetrics.getMetrics(scope, params.teamId, query),
    },
  };
}
