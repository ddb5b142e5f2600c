import type {
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultPart,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';
import type { JsonObject, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import type { ModelRequest } from './model.ts';

/** Longest tool answer that a model is shown, characters; the trace keeps all of it. */
const LONGEST_TOOL_ANSWER = 100_000;

/** A request in the words of the provider interface. Content in a form that the runtime did not write goes as JSON. */
export function promptOf({ system, messages, provider, model }: ModelRequest): LanguageModelV3Prompt {
  const head: LanguageModelV3Prompt = system === '' ? [] : [{ role: 'system', content: system }];
  return [...head, ...messages.map((message) => messageOf(message, { provider, model }))];
}

/** Whom the prompt is for. */
type Reader = Pick<ModelRequest, 'provider' | 'model'>;

function messageOf({ role, content }: TraceMessage, reader: Reader): LanguageModelV3Message {
  switch (role) {
    case 'system':
      return { role, content: textOf(content) };
    case 'user':
      return { role, content: [{ type: 'text', text: textOf(content) }] };
    case 'assistant':
      return { role, content: assistantParts(content, reader) };
    case 'tool':
      return { role, content: [toolAnswer(content)] };
  }
}

function assistantParts(
  content: JsonValue,
  reader: Reader,
): Extract<LanguageModelV3Message, { role: 'assistant' }>['content'] {
  if (!isObject(content) || !Array.isArray(content.toolCalls)) return [{ type: 'text', text: textOf(content) }];
  const text = typeof content.text === 'string' && content.text !== '' ? content.text : null;
  const calls = content.toolCalls.filter(isObject).map((call) => ({
    type: 'tool-call' as const,
    toolCallId: String(call.callId),
    toolName: String(call.name),
    input: call.arguments,
    ...providerOptionsOf(call.origin, reader),
  }));
  return [...(text === null ? [] : [{ type: 'text' as const, text }]), ...calls];
}

/** A signature is shown to the model that gave it alone: a fork may go on with another. */
function providerOptionsOf(
  origin: JsonValue | undefined,
  { provider, model }: Reader,
): { providerOptions?: SharedV3ProviderOptions } {
  if (!isObject(origin) || origin.provider !== provider || origin.model !== model) return {};
  return isObject(origin.metadata) ? { providerOptions: origin.metadata as SharedV3ProviderOptions } : {};
}

function toolAnswer(content: JsonValue): LanguageModelV3ToolResultPart {
  const { callId = '', name = '', result = null, error } = isObject(content) ? content : { result: content };
  const output = error === undefined ? result : { error };
  return {
    type: 'tool-result',
    toolCallId: String(callId),
    toolName: String(name),
    output: { type: error === undefined ? 'text' : 'error-text', value: cut(textOf(output)) },
  };
}

function cut(text: string): string {
  if (text.length <= LONGEST_TOOL_ANSWER) return text;
  return `${text.slice(0, LONGEST_TOOL_ANSWER)}\n[cut: ${text.length - LONGEST_TOOL_ANSWER} more characters]`;
}

function textOf(content: JsonValue): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
