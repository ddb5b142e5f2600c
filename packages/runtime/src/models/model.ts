import type { JsonObject, JsonSchema, JsonValue } from '@runctl/core';
import type { TokenUsage, TraceMessage } from '@runctl/tasks';
import type { TaskErrorCode } from '../task-errors/task-error-codes.ts';

/** A tool call that a model asked for. Plain JSON: it stands in messages. */
export type ToolCall = {
  /** Unique within a task: a tool's answer names it. */
  callId: string;
  name: string;
  arguments: JsonObject;
  /** There where the model's arguments could not be read; the call then fails with it instead of running. */
  problem?: string;
  /** What the provider wants to see again beside this call, such as a signature; for no other model. */
  origin?: { provider: string; model: string; metadata: JsonObject };
};

/** A tool as a model sees it. */
export interface ToolDefinition {
  name: string;
  description: string;
  inputSchema: JsonSchema;
}

/** How a model samples, and where it is served: an agent's `modelConfig`. */
export interface ModelSettings {
  /** From 0; the provider's default. */
  temperature?: number;
  /** 0 to 1; the provider's default. */
  topP?: number;
  /** Tokens; the provider's default. */
  maxOutputTokens?: number;
  /** For repeatable sampling, where the provider has it. */
  seed?: number;
  /** Of an OpenAI-compatible server. Default: the operator's, from the environment. */
  baseUrl?: string;
}

/** All that one model call depends on. */
export interface ModelRequest {
  provider: string;
  model: string;
  system: string;
  /** Without system messages; those are in `system`. */
  messages: TraceMessage[];
  tools: ToolDefinition[];
  /** Null: free text. */
  outputSchema: JsonSchema | null;
  settings: ModelSettings;
  /** Rules for the provider `simulated`, model `scripted`: the agent's `metadata.simulation`. */
  simulation?: JsonValue;
}

/** A complete answer: a stream that was cut is a {@link ModelFailure}, never a response. */
export interface ModelResponse {
  text: string;
  /** Ids are the provider's; a loop makes them unique within its task. */
  toolCalls: ToolCall[];
  /** `stop`, `tool-calls`, `length`, `content-filter`, `error` or `other`. */
  finishReason: string;
  usage: TokenUsage;
  /** True where no model was called. */
  simulated: boolean;
}

/** What belongs to the call, not to the question. */
export interface ModelCallOptions {
  /** Ends the provider's request at once. */
  signal: AbortSignal;
  /** Called with each piece of text as the provider streams it. */
  onTextDelta?: (text: string) => void;
  /** `<taskId>:<step>`. */
  idempotencyKey: string;
}

/** Why an agent's provider cannot be used as things are; deploy answers with it. */
export interface ProviderProblem {
  code: 'provider_not_configured' | 'provider_unsupported';
  message: string;
  hint: string;
}

/** One door to every provider. */
export interface ModelGateway {
  /** @throws {ModelFailure} The provider refused, failed, or cut its answer. The signal's reason where it was aborted. */
  call(request: ModelRequest, options: ModelCallOptions): Promise<ModelResponse>;
  /** Null where the provider is usable. Asks nobody: only names, variables and addresses are looked at. */
  checkProvider(provider: string, settings: ModelSettings): ProviderProblem | null;
}

/** A model call that failed for good: what may be retried has been. */
export class ModelFailure extends Error {
  override readonly name = 'ModelFailure';
  /** `provider_error`, or a {@link ProviderProblem}'s code; a scripted error may have its own. */
  readonly code: TaskErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(failure: { code: TaskErrorCode; message: string; retryable: boolean; cause?: unknown }) {
    super(failure.message, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
    this.retryable = failure.retryable;
  }
}
