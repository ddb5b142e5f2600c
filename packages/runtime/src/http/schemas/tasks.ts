import type { JsonValue, WireQuery } from '@runctl/core';
import type {
  ApproveTaskInput,
  CancelTaskInput,
  CreateTaskBody,
  ForkTaskBody,
  ListTasksQuery,
  RejectTaskInput,
  RespondToTaskInput,
  TaskAssignee,
  TaskPriority,
  TaskStatus,
} from '@runctl/tasks';
import * as z from 'zod';
import {
  idText,
  jsonObject,
  jsonSchema,
  labels,
  longestName,
  longestNote,
  longestPrompt,
  metadata,
  text,
  timestamp,
} from './fields.ts';
import { pageFields, queryList } from './list-query.ts';
import { wire, wireQuery } from './wire.ts';

/** Characters of a payload or a memory, as JSON. */
const largestPayload = 524_288;
const longestTaskSeconds = 86_400;
const mostMessages = 1_000;
const mostTasksOfBatch = 25;

const taskStatus = wire<TaskStatus>()(
  z.enum(['scheduled', 'queued', 'running', 'waiting', 'completed', 'failed', 'cancelled']),
);
const taskPriority = wire<TaskPriority>()(z.enum(['low', 'normal', 'high', 'critical']));

/** `POST /tasks` */
export const createTaskBody = wire<CreateTaskBody>()(
  z
    .strictObject({
      agentId: idText.exactOptional(),
      teamId: idText.exactOptional(),
      input: z.strictObject({ version: z.literal('1.0').exactOptional(), payload: jsonObject(largestPayload) }),
      outputSchema: jsonSchema.exactOptional(),
      scheduledFor: timestamp.exactOptional(),
      priority: taskPriority.exactOptional(),
      expiresInSeconds: z.number().positive().max(31_536_000).exactOptional(),
      timeoutSeconds: z.number().positive().max(longestTaskSeconds).exactOptional(),
      maxCostUsd: z.number().min(0).max(1_000_000).exactOptional(),
      memory: jsonObject(largestPayload).exactOptional(),
      metadata: metadata.exactOptional(),
      labels: labels.exactOptional(),
    })
    .transform(({ agentId, teamId, ...task }, context) => {
      const assignee = oneAssignee(agentId, teamId);
      if (assignee !== undefined) return { ...task, ...assignee };
      const received = agentId === undefined ? 'neither' : 'both';
      context.addIssue({
        code: 'custom',
        path: ['agentId'],
        message: `Invalid input: expected either agentId or teamId, received ${received}`,
      });
      return z.NEVER;
    }),
);

function oneAssignee(agentId: string | undefined, teamId: string | undefined): TaskAssignee | undefined {
  if (agentId !== undefined && teamId === undefined) return { agentId };
  if (teamId !== undefined && agentId === undefined) return { teamId };
  return undefined;
}

/** `POST /tasks/batch` */
export const createTaskBatchBody = wire<{ tasks: CreateTaskBody[] }>()(
  z.strictObject({ tasks: z.array(createTaskBody).min(1).max(mostTasksOfBatch) }),
);

/** `GET /tasks` */
export const listTasksQuery = wireQuery<WireQuery<ListTasksQuery>>()(
  z.strictObject({
    ...pageFields,
    status: queryList(taskStatus).exactOptional(),
    agentId: idText.exactOptional(),
    teamId: idText.exactOptional(),
    workflowId: idText.exactOptional(),
    batchId: idText.exactOptional(),
    parentTaskId: idText.exactOptional(),
    forkedFrom: idText.exactOptional(),
    fromDate: timestamp.exactOptional(),
    toDate: timestamp.exactOptional(),
    label: labels.exactOptional(),
  }),
);

/** `POST /tasks/:taskId/cancel` */
export const cancelTaskInput = wire<CancelTaskInput>()(
  z.strictObject({ reason: z.string().max(longestNote).exactOptional() }),
);

const anyJson = z.custom<JsonValue>((value) => value !== undefined, {
  message: 'Invalid input: expected a JSON value',
});

/** `POST /tasks/:taskId/approve` */
export const approveTaskInput = wire<ApproveTaskInput>()(
  z.strictObject({
    arguments: jsonObject(largestPayload).exactOptional(),
    comment: z.string().max(longestNote).exactOptional(),
  }),
);

/** `POST /tasks/:taskId/reject` */
export const rejectTaskInput = wire<RejectTaskInput>()(
  z.strictObject({ reason: z.string().max(longestNote).exactOptional() }),
);

/** `POST /tasks/:taskId/respond` */
export const respondToTaskInput = wire<RespondToTaskInput>()(z.strictObject({ answer: anyJson }));

/** `POST /tasks/:taskId/fork` */
export const forkTaskBody = wire<ForkTaskBody>()(
  z.strictObject({
    step: z.int().min(1),
    sideEffects: z.enum(['reuse', 'execute', 'block']).exactOptional(),
    snapshot: z
      .strictObject({
        prompt: z.string().max(longestPrompt).exactOptional(),
        systemPrompt: z.string().max(longestPrompt).exactOptional(),
        messages: z
          .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: anyJson }))
          .max(mostMessages)
          .exactOptional(),
        memory: jsonObject(largestPayload).exactOptional(),
        modelProvider: text(64).exactOptional(),
        model: text(longestName).exactOptional(),
      })
      .exactOptional(),
  }),
);
