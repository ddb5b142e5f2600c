import type { JsonValue, ListQuery, WireQuery } from '@runctl/core';
import type {
  ApproveStepInput,
  CancelWorkflowInput,
  CreateWorkflowDefinitionInput,
  ExecuteWorkflowBody,
  GetWorkflowDefinitionQuery,
  ListWorkflowDefinitionsQuery,
  ListWorkflowsQuery,
  RejectStepInput,
  RetryWorkflowInput,
  UpdateWorkflowDefinitionInput,
  WireDefinition,
  WorkflowEventsQuery,
  WorkflowPattern,
  WorkflowStatus,
  WorkflowStepDefinition,
} from '@runctl/workflows';
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
import { pageFields, queryInteger, queryList } from './list-query.ts';
import { wire, wireQuery } from './wire.ts';

/** Characters of a template or of a workflow's input, as JSON. */
const largestValue = 524_288;
/** Steps that one list may hold; the definition counts those within loops and maps too. */
const mostSteps = 200;
const longestSeconds = 31_536_000;
/** Steps within steps. */
const deepestSteps = 4;

const json = wire<JsonValue>()(
  z
    .custom<JsonValue>((value) => value !== undefined, { message: 'Invalid input: expected a JSON value' })
    .refine((value) => JSON.stringify(value).length <= largestValue, {
      message: `Too big: expected at most ${largestValue} characters as JSON`,
    }),
);
const expression = text(2_000);
const pattern = wire<WorkflowPattern>()(z.enum(['sequential', 'parallel', 'conditional', 'loop', 'map', 'dag']));
const seconds = z.number().positive().max(longestSeconds);

const settings = {
  stepId: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, {
    message: 'Invalid stepId: expected a letter, then up to 63 letters, digits, hyphens or underscores',
  }),
  name: text(longestName),
  dependsOn: z.array(text(64)).max(mostSteps).exactOptional(),
  input: json.exactOptional(),
  when: expression.exactOptional(),
  retry: z
    .strictObject({
      maxAttempts: z.int().min(1).max(20),
      backoffSeconds: z.number().min(0).max(86_400).exactOptional(),
      factor: z.number().min(1).max(10).exactOptional(),
    })
    .exactOptional(),
  timeoutSeconds: seconds.exactOptional(),
  onError: z.enum(['fail', 'continue', 'skip']).exactOptional(),
};

const simpleSteps = [
  z.strictObject({ ...settings, type: z.literal('agent'), agentId: idText }),
  z.strictObject({ ...settings, type: z.literal('team'), teamId: idText }),
  z.strictObject({ ...settings, type: z.literal('approval'), prompt: text(longestPrompt) }),
  z.strictObject({ ...settings, type: z.literal('wait'), seconds: z.number().min(0).max(longestSeconds) }),
  z.strictObject({ ...settings, type: z.literal('transform'), output: json }),
  z.strictObject({ ...settings, type: z.literal('workflow'), workflowDefinitionId: idText }),
] as const;

/** Without a type it is an agent's; the branch is chosen by the type, so that an issue is one of that branch. */
function stepSchema(depth: number): z.ZodType<WorkflowStepDefinition> {
  const body = z.array(depth === 0 ? tooDeep : stepSchema(depth - 1));
  const steps = body.min(1).max(mostSteps);
  const typed = z.discriminatedUnion('type', [
    ...simpleSteps,
    z.strictObject({
      ...settings,
      type: z.literal('loop'),
      steps,
      until: expression,
      maxIterations: z.int().min(1).max(100).exactOptional(),
    }),
    z.strictObject({
      ...settings,
      type: z.literal('map'),
      steps,
      over: expression,
      maxConcurrency: z.int().min(1).max(1_000).exactOptional(),
    }),
  ]);
  return z.preprocess(withType, typed) as unknown as z.ZodType<WorkflowStepDefinition>;
}

function withType(value: unknown): unknown {
  const isTyped = typeof value !== 'object' || value === null || Array.isArray(value) || 'type' in value;
  return isTyped ? value : { ...value, type: 'agent' };
}

const tooDeep = z.custom<WorkflowStepDefinition>(() => false, {
  message: `Too deep: loops and maps stand within each other at most ${deepestSteps} deep`,
});

const definitionFields = {
  name: text(longestName),
  description: z.string().max(longestNote).exactOptional(),
  pattern,
  steps: z.array(stepSchema(deepestSteps)).min(1).max(mostSteps),
  inputSchema: jsonSchema.exactOptional(),
  output: json.exactOptional(),
  timeoutSeconds: seconds.exactOptional(),
  metadata: metadata.exactOptional(),
  labels: labels.exactOptional(),
};

// A list of steps refers to itself, which the spelling of wire() would follow for ever; the checks of types below hold
// the members instead.
/** `POST /workflow-definitions`, `POST /workflow-definitions/validate` */
export const createDefinitionBody: z.ZodType<WireDefinition<CreateWorkflowDefinitionInput>> =
  z.strictObject(definitionFields);

/** `PATCH /workflow-definitions/:definitionId` */
export const updateDefinitionBody: z.ZodType<WireDefinition<UpdateWorkflowDefinitionInput>> = z.strictObject({
  ...definitionFields,
  name: definitionFields.name.exactOptional(),
  pattern: pattern.exactOptional(),
  steps: definitionFields.steps.exactOptional(),
});

/** `GET /workflow-definitions/:definitionId` */
export const getDefinitionQuery = wireQuery<GetWorkflowDefinitionQuery>()(
  z.strictObject({ version: queryInteger(1, Number.MAX_SAFE_INTEGER).exactOptional() }),
);

/** `GET /workflow-definitions` */
export const listDefinitionsQuery = wireQuery<ListWorkflowDefinitionsQuery>()(
  z.strictObject({ ...pageFields, search: text(longestName).exactOptional() }),
);

/** `POST /workflows` */
export const executeWorkflowBody = wire<ExecuteWorkflowBody>()(
  z.strictObject({
    workflowDefinitionId: idText,
    input: jsonObject(largestValue).exactOptional(),
    version: z.int().min(1).exactOptional(),
    metadata: metadata.exactOptional(),
    labels: labels.exactOptional(),
  }),
);

const workflowStatus = wire<WorkflowStatus>()(
  z.enum(['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled']),
);

/** `GET /workflows` */
export const listWorkflowsQuery = wireQuery<WireQuery<ListWorkflowsQuery>>()(
  z.strictObject({
    ...pageFields,
    status: queryList(workflowStatus).exactOptional(),
    workflowDefinitionId: idText.exactOptional(),
    fromDate: timestamp.exactOptional(),
    toDate: timestamp.exactOptional(),
  }),
);

/** `POST /workflows/:workflowId/cancel` */
export const cancelWorkflowInput = wire<CancelWorkflowInput>()(
  z.strictObject({ reason: z.string().max(longestNote).exactOptional() }),
);

/** `POST /workflows/:workflowId/retry` */
export const retryWorkflowInput = wire<RetryWorkflowInput>()(z.strictObject({ fromStepId: text(256).exactOptional() }));

/** `POST /workflows/:workflowId/steps/:stepId/approve` */
export const approveStepInput = wire<ApproveStepInput>()(
  z.strictObject({ comment: z.string().max(longestNote).exactOptional(), output: json.exactOptional() }),
);

/** `POST /workflows/:workflowId/steps/:stepId/reject` */
export const rejectStepInput = wire<RejectStepInput>()(
  z.strictObject({ reason: z.string().max(longestNote).exactOptional() }),
);

const workflowEventType = z.enum(['workflow.status', 'step.status']);

/** `GET /workflows/:workflowId/events` */
export const listWorkflowEventsQuery = wireQuery<WorkflowEventsQuery & ListQuery>()(
  z.strictObject({ ...pageFields, type: workflowEventType.exactOptional() }),
);

/** `GET /workflows/:workflowId/events/stream` */
export const streamWorkflowEventsQuery = wireQuery<WorkflowEventsQuery & { after?: string; token?: string }>()(
  z.strictObject({
    after: z.string().max(1_000).exactOptional(),
    token: z.string().max(1_000).exactOptional(),
    type: workflowEventType.exactOptional(),
  }),
);
