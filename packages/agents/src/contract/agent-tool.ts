import type { JsonSchema, Open } from '@runctl/core';

/** The tools that the runtime brings along. The catalogue grows, so unknown names type-check too. */
export type BuiltInTool = Open<
  'calculator' | 'current_time' | 'json_query' | 'http_get' | 'memory' | 'ask_human' | 'code_analysis' | 'security_scan'
>;

/** What every custom tool states, whatever executes it. */
export interface AgentToolDefinition {
  /** Your own name for it; the runtime keeps it as it is. */
  id?: string;
  /** What the model calls it by. Unique within the agent, and not the name of a built-in tool. */
  name: string;
  /** What the model reads to decide when to call it. */
  description: string;
  /** JSON Schema of the arguments. A call that does not fit never reaches your endpoint. */
  inputSchema: JsonSchema;
  /** False: the tool stays in the configuration, the model does not see it. */
  enabled: boolean;
  /** Seconds until a call counts as failed. Default 30. */
  timeoutSeconds?: number;
  /** A person approves each call; the task waits meanwhile. Default false. */
  requiresApproval?: boolean;
}

/** The one place where a custom tool executes. */
export type AgentToolTarget =
  | {
      /** HTTPS URL; the runtime POSTs the checked arguments there as signed JSON. */
      invokeUrl: string;
      lambdaArn?: never;
      inlineScript?: never;
    }
  | {
      /** ARN of an AWS Lambda. Refused with 400 `agent.tool_target_unsupported` where the runtime has none. */
      lambdaArn: string;
      invokeUrl?: never;
      inlineScript?: never;
    }
  | {
      /** Source text of a script. Refused with 400 `agent.tool_target_unsupported` where the runtime runs none. */
      inlineScript: string;
      invokeUrl?: never;
      lambdaArn?: never;
    };

/**
 * A tool of your own, with exactly one execution target.
 *
 * @example
 * ```ts
 * const weather: AgentTool = {
 *   name: 'weather',
 *   description: 'The weather of a city, now',
 *   inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
 *   enabled: true,
 *   invokeUrl: 'https://api.example.com/weather',
 * };
 * ```
 */
export type AgentTool = AgentToolDefinition & AgentToolTarget;

/** One built-in tool, as the catalogue describes it. */
export interface ToolDescription {
  /** The name to put into `tools` of an agent. */
  name: BuiltInTool;
  /** What it does, as the model reads it. */
  description: string;
  /** JSON Schema of its arguments. */
  inputSchema: JsonSchema;
}
