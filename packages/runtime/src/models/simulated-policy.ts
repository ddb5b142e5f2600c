import type { JsonObject, JsonSchema, JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import { readFirstMessage } from './first-message.ts';
import type { ModelRequest, ToolDefinition } from './model.ts';
import { type Filling, sampleOf } from './schema-sample.ts';
import type { SimulatedReply } from './simulated-script.ts';

/** Tools that are called in one turn. */
const MOST_CALLS = 3;
/** Of a text that is quoted in an answer, characters. */
const LONGEST_QUOTE = 160;

/**
 * What the simulated provider does by itself: first it calls the tools whose required arguments the task gives, then
 * it sums up what they answered. It understands nothing, and its answers say that they are simulated; but its tools
 * really run, and another prompt, instruction or model visibly changes what it says.
 */
export function answerByPolicy(request: ModelRequest): SimulatedReply {
  const turn = request.messages.slice(request.messages.findLastIndex(({ role }) => role === 'user'));
  const hasAnswered = turn.some(({ role }) => role === 'assistant');
  const task = readTask(request.messages);
  const toolCalls = hasAnswered ? [] : request.tools.flatMap((tool) => callOf(tool, task)).slice(0, MOST_CALLS);
  const text = toolCalls.length > 0 ? '' : answerOf(request, task.prompt, turn);
  return { text, toolCalls, delayMs: 0, error: null };
}

interface TaskText {
  prompt: string;
  data: JsonObject;
}

/** The prompt of the last user message, with the data of all of them. */
function readTask(messages: readonly TraceMessage[]): TaskText {
  const parts = messages.filter(({ role }) => role === 'user').map(({ content }) => readFirstMessage(textOf(content)));
  return { prompt: parts.at(-1)?.prompt ?? '', data: Object.assign({}, ...parts.map(({ data }) => data)) };
}

/** A call where every required argument is given, and the task gives any argument at all or speaks of the tool. */
function callOf({ name, inputSchema }: ToolDefinition, task: TaskText): SimulatedReply['toolCalls'] {
  const properties = Object.entries(objectOf(inputSchema.properties));
  const args = Object.fromEntries(properties.flatMap(([key, schema]) => argumentOf(key, objectOf(schema), task)));
  const required = Array.isArray(inputSchema.required) ? inputSchema.required : [];
  const isComplete = required.every((key) => Object.hasOwn(args, key));
  const isMeant = Object.keys(args).length > 0 || speaksOf(name, task.prompt);
  return isComplete && isMeant ? [{ name, arguments: args }] : [];
}

function argumentOf(key: string, schema: JsonSchema, { prompt, data }: TaskText): [string, JsonValue][] {
  const given = Object.hasOwn(data, key) ? data[key] : foundIn(prompt, key);
  return given !== undefined && fitsType(given, schema.type) ? [[key, given]] : [];
}

/** Two kinds of argument stand in a sentence as they are. */
function foundIn(prompt: string, key: string): string | undefined {
  if (key === 'url') return /https?:\/\/[^\s"'<>)]+/.exec(prompt)?.[0];
  if (key === 'expression') return /[\d(][\d\s.()]*(?:[-+*/%^][\d\s.()]+)+/.exec(prompt.slice(0, 1_000))?.[0].trim();
  return undefined;
}

function fitsType(value: JsonValue, type: unknown): boolean {
  if (typeof type !== 'string') return true;
  if (Array.isArray(value)) return type === 'array';
  if (value === null) return type === 'null';
  return type === typeof value || (type === 'integer' && Number.isInteger(value));
}

function speaksOf(name: string, prompt: string): boolean {
  const words = prompt.toLowerCase().split(/[^a-z0-9]+/);
  return name.split(/[_-]/).some((part) => part.length > 3 && words.includes(part.toLowerCase()));
}

function answerOf(
  { model, system, outputSchema, messages }: ModelRequest,
  prompt: string,
  turn: readonly TraceMessage[],
): string {
  const findings = turn.filter(({ role }) => role === 'tool').map(({ content }) => findingOf(content));
  if (outputSchema) return JSON.stringify(sampleOf(outputSchema, fillingOf(messages, findings)));
  const lines = [
    `Simulated answer of "${model}" to: ${quote(prompt)}`,
    ...(system === '' ? [] : [`Instructed: ${quote(system)}`]),
    ...findings.map((finding) => `- ${finding}`),
  ];
  return lines.join('\n');
}

/** About what the task is about, whatever was asked since; and the longer it was worked on, the better it looks. */
function fillingOf(messages: readonly TraceMessage[], findings: readonly string[]): Filling {
  const first = messages.find(({ role }) => role === 'user');
  const { prompt } = readFirstMessage(textOf(first?.content ?? ''));
  const answers = messages.filter(({ role }) => role === 'assistant').length;
  const share = answers === 0 ? 0 : Math.min(0.5 + 0.2 * answers, 0.9);
  return { text: [quote(prompt), ...findings].join(' '), share };
}

function findingOf(content: JsonValue): string {
  const { name, result = null, error } = objectOf(content);
  if (error !== undefined) return `${name} failed: ${textOf(objectOf(error).message as JsonValue)}`;
  const { summary } = objectOf(result);
  return `${name}: ${typeof summary === 'string' ? summary : quote(textOf(result as JsonValue))}`;
}

function quote(text: string): string {
  const line = text
    .slice(0, LONGEST_QUOTE * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}...` : line;
}

function textOf(content: JsonValue): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
