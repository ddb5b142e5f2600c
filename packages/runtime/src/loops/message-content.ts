import type { JsonObject, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import type { ToolCall } from '../models/model.ts';

/** What an assistant's message says, whichever of its two forms it has. */
export interface AssistantContent {
  text: string;
  toolCalls: ToolCall[];
}

/** Reads an assistant's message. One that a fork brought along in another form counts as text. */
export function readAssistant(message: TraceMessage): AssistantContent {
  const { content } = message;
  if (typeof content === 'string') return { text: content, toolCalls: [] };
  if (!isObject(content)) return { text: JSON.stringify(content), toolCalls: [] };
  const { text, toolCalls } = content;
  return {
    text: typeof text === 'string' ? text : '',
    toolCalls: Array.isArray(toolCalls) ? toolCalls.filter(isToolCall) : [],
  };
}

/** Writes an assistant's message: plain text where it calls no tool. */
export function writeAssistant({ text, toolCalls }: AssistantContent): TraceMessage {
  return { role: 'assistant', content: toolCalls.length > 0 ? { text, toolCalls: [...toolCalls] } : text };
}

/** The call that a tool's message answers; null where it does not say. */
export function answeredCallId(message: TraceMessage): string | null {
  if (message.role !== 'tool' || !isObject(message.content)) return null;
  return typeof message.content.callId === 'string' ? message.content.callId : null;
}

function isToolCall(value: JsonValue): value is JsonObject & ToolCall {
  return (
    isObject(value) &&
    typeof value.callId === 'string' &&
    typeof value.name === 'string' &&
    isObject(value.arguments ?? null)
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
