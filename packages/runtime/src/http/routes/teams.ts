import type { TeamRoutes } from '@runctl/teams';
import { notImplemented, type RouteHandlers } from '../route.ts';

/** Teams: a later version brings them. */
export const teamRoutes: RouteHandlers<TeamRoutes> = {
  'POST /teams': notImplemented('agents'),
  'GET /teams': notImplemented('read'),
  'GET /teams/:teamId': notImplemented('read'),
  'PATCH /teams/:teamId': notImplemented('agents'),
  'DELETE /teams/:teamId': notImplemented('agents'),
  'GET /teams/:teamId/members': notImplemented('read'),
  'POST /teams/:teamId/members': notImplemented('agents'),
  'DELETE /teams/:teamId/members/:agentId': notImplemented('agents'),
  'POST /teams/:teamId/deploy': notImplemented('agents'),
  'POST /teams/:teamId/stop': notImplemented('agents'),
  'GET /teams/:teamId/metrics': notImplemented('read'),
};
