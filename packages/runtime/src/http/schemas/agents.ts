import type {
  AgentStatus,
  AgentTool,
  AgentType,
  CreateAgentInput,
  DeployAgentInput,
  ListAgentsQuery,
  RestartAgentInput,
  RollbackAgentInput,
  RolloutStrategy,
  ScaleAgentInput,
  StopAgentInput,
  UpdateAgentInput,
} from '@runctl/agents';
import type { WireQuery } from '@runctl/core';
import * as z from 'zod';
import { idText, jsonSchema, labels, longestName, longestNote, longestPrompt, metadata, text } from './fields.ts';
import { pageFields, queryList } from './list-query.ts';
import { wire, wireQuery } from './wire.ts';

const mostTools = 64;
const mostMembers = 32;
/** A day: no task of an agent runs longer. */
const longestTaskSeconds = 86_400;
/** A year: nobody remembers by then what was asked. */
const longestActionSeconds = 31_536_000;

const agentType = wire<AgentType>()(z.enum(['reactive', 'deliberative', 'reflective', 'supervisor', 'router']));
const agentStatus = wire<AgentStatus>()(
  z.enum(['draft', 'deploying', 'running', 'degraded', 'stopping', 'stopped', 'failed']),
);
const rolloutStrategy = wire<RolloutStrategy>()(z.enum(['rolling', 'immediate']));

/** Exactly one target of those that a tool may name; whether the runtime has it is for the tools to say. */
const agentTool = wire<AgentTool>()(
  z
    .strictObject({
      id: text(longestName).exactOptional(),
      name: text(64),
      description: text(longestNote),
      inputSchema: jsonSchema,
      enabled: z.boolean(),
      timeoutSeconds: z.number().positive().max(300).exactOptional(),
      requiresApproval: z.boolean().exactOptional(),
      invokeUrl: text(2_048).exactOptional(),
      lambdaArn: text(2_048).exactOptional(),
      inlineScript: text(65_536).exactOptional(),
    })
    .transform(({ invokeUrl, lambdaArn, inlineScript, ...tool }, context): AgentTool => {
      const given = [invokeUrl, lambdaArn, inlineScript].filter((target) => target !== undefined).length;
      if (given === 1 && invokeUrl !== undefined) return { ...tool, invokeUrl };
      if (given === 1 && lambdaArn !== undefined) return { ...tool, lambdaArn };
      if (given === 1 && inlineScript !== undefined) return { ...tool, inlineScript };
      context.addIssue({
        code: 'custom',
        message: `Invalid tool: expected exactly one of invokeUrl, lambdaArn and inlineScript, received ${given}`,
      });
      return z.NEVER;
    }),
);

const agentFields = {
  name: text(longestName),
  description: z.string().max(longestNote).nullable().exactOptional(),
  type: agentType,
  modelProvider: text(64),
  model: text(longestName),
  modelConfig: z
    .strictObject({
      temperature: z.number().min(0).max(2).exactOptional(),
      topP: z.number().positive().max(1).exactOptional(),
      maxOutputTokens: z.int().min(1).max(10_000_000).exactOptional(),
      seed: z.int().exactOptional(),
      baseUrl: z
        .url({ protocol: /^https?$/ })
        .max(2_048)
        .exactOptional(),
    })
    .exactOptional(),
  systemPrompt: z.string().max(longestPrompt),
  tools: z
    .array(z.union([text(64), agentTool]))
    .max(mostTools)
    .exactOptional(),
  resources: z
    .strictObject({
      memoryMB: z.int().min(1).max(1_048_576).exactOptional(),
      cpuUnits: z.int().min(1).max(1_048_576).exactOptional(),
    })
    .exactOptional(),
  limits: z
    .strictObject({
      maxSteps: z.int().min(1).max(10_000).exactOptional(),
      taskTimeoutSeconds: z.number().positive().max(longestTaskSeconds).exactOptional(),
      maxCostUsdPerTask: z.number().min(0).max(1_000_000).nullable().exactOptional(),
      actionTimeoutSeconds: z.number().positive().max(longestActionSeconds).nullable().exactOptional(),
    })
    .exactOptional(),
  members: z
    .array(z.strictObject({ agentId: idText, role: text(longestName), when: text(longestNote).exactOptional() }))
    .max(mostMembers)
    .exactOptional(),
  rubric: z.array(text(longestNote)).max(mostMembers).exactOptional(),
  metadata: metadata.exactOptional(),
  labels: labels.exactOptional(),
};

/** `POST /agents` */
export const createAgentInput = wire<CreateAgentInput>()(z.strictObject(agentFields));

/** `PATCH /agents/:agentId` */
export const updateAgentInput = wire<UpdateAgentInput>()(
  z.strictObject({
    ...agentFields,
    name: agentFields.name.exactOptional(),
    type: agentFields.type.exactOptional(),
    modelProvider: agentFields.modelProvider.exactOptional(),
    model: agentFields.model.exactOptional(),
    systemPrompt: agentFields.systemPrompt.exactOptional(),
  }),
);

/** `GET /agents` */
export const listAgentsQuery = wireQuery<WireQuery<ListAgentsQuery>>()(
  z.strictObject({
    ...pageFields,
    status: queryList(agentStatus).exactOptional(),
    type: agentType.exactOptional(),
    search: z.string().max(longestName).exactOptional(),
    label: labels.exactOptional(),
  }),
);

const mostReplicas = 1_000;

/** `POST /agents/:agentId/deploy` */
export const deployAgentInput = wire<DeployAgentInput>()(
  z.strictObject({
    replicas: z.int().min(1).max(mostReplicas).exactOptional(),
    strategy: rolloutStrategy.exactOptional(),
  }),
);

/** `POST /agents/:agentId/scale` */
export const scaleAgentInput = wire<ScaleAgentInput>()(
  z.strictObject({ desiredReplicas: z.int().min(0).max(mostReplicas), strategy: rolloutStrategy.exactOptional() }),
);

/** `POST /agents/:agentId/stop` */
export const stopAgentInput = wire<StopAgentInput>()(
  z.strictObject({ drainSeconds: z.number().min(0).max(longestTaskSeconds).exactOptional() }),
);

/** `POST /agents/:agentId/restart` */
export const restartAgentInput = wire<RestartAgentInput>()(
  z.strictObject({ strategy: rolloutStrategy.exactOptional() }),
);

/** `POST /agents/:agentId/rollback` */
export const rollbackAgentInput = wire<RollbackAgentInput>()(
  z.strictObject({ toVersion: z.int().min(1).exactOptional() }),
);
