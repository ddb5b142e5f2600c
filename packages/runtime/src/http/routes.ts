import type { AgentRoutes } from '@runctl/agents';
import type { TaskRoutes } from '@runctl/tasks';
import type { TeamRoutes } from '@runctl/teams';
import type { TenantRoutes } from '@runctl/tenants';
import type { WorkflowRoutes } from '@runctl/workflows';
import type { Services } from '../services/services.ts';
import type { AnyHandler, RouteHandlers } from './route.ts';
import { agentRoutes } from './routes/agents.ts';
import { taskRoutes } from './routes/tasks.ts';
import { teamRoutes } from './routes/teams.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { workflowRoutes } from './routes/workflows.ts';

/** Every route of the contract. */
export type AllRoutes = AgentRoutes & TaskRoutes & WorkflowRoutes & TeamRoutes & TenantRoutes;

/** An answer for every route of the contract; one without does not compile. */
export function routes(services: Services): Readonly<Record<keyof AllRoutes, AnyHandler>> {
  return {
    ...agentRoutes(services),
    ...taskRoutes(services),
    ...workflowRoutes(services),
    ...teamRoutes(services),
    ...tenantRoutes(services),
  } satisfies RouteHandlers<AllRoutes>;
}
