import type { AgentEventsQuery } from '@runctl/agents';
import type { ListQuery } from '@runctl/core';
import type { TaskEventsQuery } from '@runctl/tasks';
import * as z from 'zod';
import { pageFields, queryList } from './list-query.ts';
import { wireQuery } from './wire.ts';

const taskEventType = z.enum([
  'task.status',
  'step.started',
  'step.completed',
  'step.failed',
  'output.delta',
  'action.requested',
  'log',
]);
const agentEventType = z.enum(['agent.status', 'deployment.updated', 'instance.updated']);

/** Where a stream goes on, and by whose leave. What is no id of an event is not refused: the stream begins anew. */
const streamFields = {
  after: z.string().max(1_000).exactOptional(),
  token: z.string().max(1_000).exactOptional(),
};

/** `GET /tasks/:taskId/events` */
export const listTaskEventsQuery = wireQuery<TaskEventsQuery & ListQuery>()(
  z.strictObject({ ...pageFields, type: queryList(taskEventType).exactOptional() }),
);

/** `GET /tasks/:taskId/events/stream` */
export const streamTaskEventsQuery = wireQuery<TaskEventsQuery & { after?: string; token?: string }>()(
  z.strictObject({ ...streamFields, type: queryList(taskEventType).exactOptional() }),
);

/** `GET /agents/:agentId/events` */
export const listAgentEventsQuery = wireQuery<AgentEventsQuery & ListQuery>()(
  z.strictObject({ ...pageFields, type: queryList(agentEventType).exactOptional() }),
);

/** `GET /agents/:agentId/events/stream` */
export const streamAgentEventsQuery = wireQuery<AgentEventsQuery & { after?: string; token?: string }>()(
  z.strictObject({ ...streamFields, type: queryList(agentEventType).exactOptional() }),
);
