import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import type { JsonObject } from '@runctl/core';
import type { EgressGuard } from '../egress/egress-guard.ts';
import { chatPrompt } from './chat-prompt.ts';
import { type ModelCallOptions, ModelFailure, type ModelRequest, type ModelResponse, type ToolCall } from './model.ts';
import type { Endpoint } from './provider-table.ts';
import { usageOf } from './usage.ts';

/** A whole answer, from the first byte sent to the last one read. Milliseconds. */
const CALL_TIMEOUT_MS = 600_000;
/** A streamed answer, framing included. */
const LONGEST_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * One attempt at a provider that speaks the chat-completions protocol, always streamed. The only file that knows the
 * provider package, which is loaded with the first call.
 *
 * @throws Whatever the package or the guard threw; a stream that ended early throws too.
 */
export async function streamChatCompletion(
  request: ModelRequest,
  endpoint: Endpoint,
  egress: EgressGuard,
  options: ModelCallOptions,
): Promise<ModelResponse> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const provider = createOpenAICompatible({
    name: request.provider,
    baseURL: endpoint.baseUrl,
    ...(endpoint.apiKey !== undefined && { apiKey: endpoint.apiKey }),
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch: fetchThrough(egress),
    transformRequestBody: endpoint.saysCompletionTokens ? renameMaxTokens : (body) => body,
  });
  const { stream } = await provider.chatModel(request.model).doStream(callOptions(request, options));
  return collect(stream, request, options);
}

function callOptions(request: ModelRequest, options: ModelCallOptions): LanguageModelV3CallOptions {
  const { baseUrl: _baseUrl, ...sampling } = request.settings;
  return {
    ...sampling,
    prompt: chatPrompt(request),
    ...(request.tools.length > 0 && { tools: request.tools.map((tool) => functionTool(tool)) }),
    ...(request.outputSchema && { responseFormat: { type: 'json', schema: request.outputSchema } }),
    // Strict mode takes a subset of JSON Schema only; the answer is checked by the loop.
    providerOptions: { openaiCompatible: { strictJsonSchema: false } },
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
      toolCalls.push({ callId: part.toolCallId, name: part.toolName, ...readArguments(part.input) });
    } else if (part.type === 'finish') {
      refuseWithheld(part.finishReason.unified, text, toolCalls);
      const usage = usageOf(request.provider, request.model, part.usage);
      return { text, toolCalls, finishReason: part.finishReason.unified, usage, simulated: false };
    }
  }
  throw new TypeError('The stream ended before the answer was complete.');
}

/** A provider that holds its answer back has given none. */
function refuseWithheld(finishReason: string, text: string, toolCalls: readonly ToolCall[]): void {
  if (finishReason !== 'content-filter' || text !== '' || toolCalls.length > 0) return;
  const message = "The model provider's content filter held the answer back.";
  throw new ModelFailure({ code: 'provider_error', message, retryable: false });
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

/** The package's `fetch`, by way of the guard. */
function fetchThrough(egress: EgressGuard): typeof fetch {
  return async (input, init) => {
    const { status, headers, body } = await egress.stream(String(input), {
      method: init?.method ?? 'POST',
      headers: Object.fromEntries(new Headers(init?.headers)),
      ...(typeof init?.body === 'string' && { body: init.body }),
      maxBytes: LONGEST_ANSWER_BYTES,
      timeoutMs: CALL_TIMEOUT_MS,
      ...(init?.signal && { signal: init.signal }),
    });
    const hasBody = status !== 204 && status !== 205 && status !== 304;
    return new Response(hasBody ? body : null, { status, headers });
  };
}

/** OpenAI's reasoning models refuse the old name. */
function renameMaxTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens };
}
