import type { AgentTool, ToolDescription } from '@runctl/agents';
import type { JsonObject, JsonSchema, JsonValue, ValidationIssue } from '@runctl/core';
import type { ToolCall, ToolDefinition } from '../models/model.ts';
import type { TaskErrorCode } from '../task-errors/task-error-codes.ts';

/** What a tenant's settings allow its agents. Null: no restriction. */
export interface ToolSettings {
  /** Built-in tools that agents may have. */
  skillAllowlist: string[] | null;
  /** Addresses that HTTP tools may call, compared by origin and path segment. */
  customToolUrlPrefixes: string[] | null;
}

/** The task that a tool is called for. */
export interface ToolContext {
  tenantId: string;
  agentId: string;
  taskId: string;
  step: number;
  /** From 1. */
  attempt: number;
  /** Ends the call at once. */
  signal: AbortSignal;
  /** `<taskId>:<step>`: the same when the step runs again after a crash. */
  idempotencyKey: string;
  /** The task's own; a tool answers with a changed copy. */
  memory: JsonObject;
  tenantSettings: ToolSettings;
  /** Of the tenant, `whsec_` and base64: signs calls of HTTP tools. */
  signingSecret: string;
}

/** What a tool answered. */
export interface ToolOutcome {
  result: JsonValue;
  /** There where the tool changed the task's memory. */
  memory?: JsonObject;
}

/** A tool that the runtime has built in. */
export interface BuiltIn {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** What is wrong with arguments that fit `inputSchema`; null where nothing is. Default: nothing is. */
  check?(args: JsonObject): string | null;
  /** Arguments fit `inputSchema` when they arrive. @throws {ToolFailure} */
  run(args: JsonObject, context: ToolContext): Promise<ToolOutcome> | ToolOutcome;
}

/** All tools that an agent can have. */
export interface ToolBox {
  /** The built-in ones, for `GET /tools`. */
  describe(): ToolDescription[];
  /** What the model is told of an agent's enabled tools. */
  definitionsFor(tools: readonly (string | AgentTool)[]): ToolDefinition[];
  /**
   * Why a call would fail before its tool ran: the tool is not the agent's, its arguments do not fit, the tenant does not
   * allow it. Null where it would run. Nobody is asked about a call that cannot run.
   */
  refusal(call: ToolCall, tools: readonly (string | AgentTool)[], settings: ToolSettings): ToolFailure | null;
  /**
   * Runs a call of a tool that the agent has, after its arguments were checked.
   *
   * @throws {ToolFailure} The tool is not the agent's, its arguments do not fit, or it failed.
   */
  run(call: ToolCall, tools: readonly (string | AgentTool)[], context: ToolContext): Promise<ToolOutcome>;
  /** What is wrong with an agent's `tools`, each issue with its JSON Pointer below `/tools`; empty where all is well. */
  check(tools: readonly unknown[], settings: ToolSettings): ValidationIssue[];
}

/** A tool call that failed. The model is told of it and the task goes on. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly code: TaskErrorCode;

  constructor(failure: { code: TaskErrorCode; message: string; cause?: unknown }) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
  }
}
