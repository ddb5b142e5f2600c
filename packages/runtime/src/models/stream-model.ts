import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FinishReason,
  LanguageModelV3FunctionTool,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
} from '@ai-sdk/provider';
import type { JsonObject } from '@runctl/core';
import type { EgressGuard } from '../egress/egress-guard.ts';
import { fetchThrough } from './egress-fetch.ts';
import { dialectOptions, loadLanguageModel } from './language-model.ts';
import { type ModelCallOptions, ModelFailure, type ModelRequest, type ModelResponse, type ToolCall } from './model.ts';
import { promptOf } from './prompt.ts';
import type { Endpoint } from './provider-table.ts';
import { usageOf } from './usage.ts';

/**
 * One attempt at a provider, always streamed.
 *
 * @throws Whatever the package or the guard threw; a stream that ended early throws too.
 */
export async function streamModel(
  request: ModelRequest,
  endpoint: Endpoint,
  egress: EgressGuard,
  options: ModelCallOptions,
): Promise<ModelResponse> {
  const model = await loadLanguageModel(request, endpoint, fetchThrough(egress));
  const { stream } = await model.doStream(callOptions(request, endpoint, options));
  return collect(stream, request, options);
}

function callOptions(request: ModelRequest, endpoint: Endpoint, options: ModelCallOptions): LanguageModelV3CallOptions {
  const { baseUrl: _baseUrl, ...sampling } = request.settings;
  const { providerOptions, takesSchema } = dialectOptions(request, endpoint.protocol);
  return {
    ...sampling,
    prompt: promptOf(request),
    ...(request.tools.length > 0 && { tools: request.tools.map((tool) => functionTool(tool)) }),
    ...(request.outputSchema && takesSchema && { responseFormat: { type: 'json', schema: request.outputSchema } }),
    providerOptions,
    headers: { 'idempotency-key': options.idempotencyKey },
    abortSignal: options.signal,
  };
}

function functionTool({ name, description, inputSchema }: ModelRequest['tools'][number]): LanguageModelV3FunctionTool {
  return { type: 'function', name, description, inputSchema };
}

async function collect(
  stream: ReadableStream<LanguageModelV3StreamPart>,
  request: ModelRequest,
  options: ModelCallOptions,
): Promise<ModelResponse> {
  let text = '';
  const toolCalls: ToolCall[] = [];
  for await (const part of stream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') {
      text += part.delta;
      options.onTextDelta?.(part.delta);
    } else if (part.type === 'tool-call') {
      toolCalls.push(toolCallOf(part, request));
    } else if (part.type === 'finish') {
      checkFinish(part.finishReason);
      const usage = usageOf(request.provider, request.model, part.usage);
      return { text, toolCalls, finishReason: part.finishReason.unified, usage, simulated: false };
    }
  }
  throw cutStream();
}

/** An answer that broke off, or that the provider held back in the middle, is none. */
function checkFinish({ unified, raw }: LanguageModelV3FinishReason): void {
  if (unified === 'content-filter') {
    const message = "The model provider's content filter held the answer back, or the model refused to give one.";
    throw new ModelFailure({ code: 'provider_error', message, retryable: false });
  }
  if (unified === 'error') throw new TypeError(`The model gave up in the middle of its answer (${raw}).`);
  // Packages close a stream that just stopped with a reason of their own.
  if (raw === undefined) throw cutStream();
}

function cutStream(): TypeError {
  return new TypeError('The stream ended before the answer was complete.');
}

function toolCallOf(
  { toolCallId, toolName, input, providerMetadata }: LanguageModelV3ToolCall,
  { provider, model }: ModelRequest,
): ToolCall {
  return {
    callId: toolCallId,
    name: toolName,
    ...readArguments(input),
    ...(providerMetadata && { origin: { provider, model, metadata: providerMetadata as JsonObject } }),
  };
}

function readArguments(input: string): { arguments: JsonObject; problem?: string } {
  try {
    const value: unknown = input.trim() === '' ? {} : JSON.parse(input);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { arguments: value as JsonObject };
  } catch {
    // Falls through to the same problem as JSON that is no object.
  }
  return { arguments: {}, problem: `The arguments are not a JSON object: ${input.slice(0, 200)}` };
}
