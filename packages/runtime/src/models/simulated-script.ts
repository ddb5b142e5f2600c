import type { JsonObject, JsonValue } from '@runctl/core';
import { runBounded, TimeExceeded } from '../bounded/run-bounded.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
import { ModelFailure, type ModelRequest } from './model.ts';

/** What a simulated model does in one turn. */
export interface SimulatedReply {
  text: string;
  toolCalls: { name: string; arguments: JsonObject }[];
  delayMs: number;
  error: Omit<CodedError, 'step'> | null;
}

/** What a rule looks at; all that is given must hold. */
interface Condition {
  /** In the last message, which must be a user's, or the result of `tool`: a part of it, or `/pattern/flags`. */
  text?: string;
  /** The last message is a result of this tool. */
  tool?: string;
  /** The number of this step in a reactive trace, from 1. */
  step?: number;
}

/** Milliseconds that a rule's pattern may take. */
const MATCH_MS = 50;

/**
 * Answers by the first rule that fits, from the agent's
 * `metadata.simulation = { rules: [{ when: { text?, tool?, step? }, reply: { text?, toolCalls?, error?, delayMs? } }] }`.
 *
 * @throws {ModelFailure} The rules cannot be read, or none fits.
 */
export function answerByScript({ simulation, messages }: ModelRequest): SimulatedReply {
  const seen = lookAt(messages);
  const index = readRules(simulation).findIndex(({ when }) => fits(readCondition(when), seen));
  if (index < 0) {
    throw scriptFailure(`no rule fits step ${seen.step}, where the last message is: ${seen.text.slice(0, 200)}`);
  }
  return readReply(readRules(simulation)[index]?.reply, `rules/${index}/reply`);
}

interface Seen {
  text: string;
  tool: string | null;
  step: number;
}

function lookAt(messages: ModelRequest['messages']): Seen {
  const { role, content = '' } = messages.at(-1) ?? {};
  const tool = role === 'tool' && isObject(content) ? String(content.name) : null;
  const shown = tool !== null && isObject(content) ? (content.result ?? content.error ?? null) : content;
  const steps = messages.filter((message) => message.role === 'assistant' || message.role === 'tool');
  return { text: typeof shown === 'string' ? shown : JSON.stringify(shown), tool, step: steps.length + 1 };
}

function fits({ text, tool, step }: Condition, seen: Seen): boolean {
  if (step !== undefined && step !== seen.step) return false;
  if (tool !== undefined && tool !== seen.tool) return false;
  return text === undefined || ((tool !== undefined || seen.tool === null) && matches(text, seen.text));
}

function matches(wanted: string, text: string): boolean {
  const pattern = /^\/(.+)\/([imsu]*)$/s.exec(wanted);
  if (!pattern) return text.includes(wanted);
  try {
    return runBounded(() => new RegExp(pattern[1] ?? '', pattern[2]).test(text), MATCH_MS);
  } catch (error) {
    throw scriptFailure(
      error instanceof TimeExceeded ? `the pattern ${wanted} takes too long` : `the pattern ${wanted} cannot be read`,
    );
  }
}

function readRules(simulation: JsonValue | undefined): JsonObject[] {
  const rules = isObject(simulation) ? simulation.rules : undefined;
  if (!Array.isArray(rules) || !rules.every(isObject)) {
    throw scriptFailure('expected { rules: [{ when: { ... }, reply: { ... } }] }');
  }
  return rules;
}

function readCondition(when: JsonValue | undefined): Condition {
  const { text, tool, step } = isObject(when) ? when : {};
  return {
    ...(typeof text === 'string' && { text }),
    ...(typeof tool === 'string' && { tool }),
    ...(typeof step === 'number' && { step }),
  };
}

function readReply(reply: JsonValue | undefined, path: string): SimulatedReply {
  if (!isObject(reply)) throw scriptFailure(`${path}: expected { text?, toolCalls?, error?, delayMs? }`);
  const { text = '', toolCalls = [], error = null, delayMs = 0 } = reply;
  return {
    text: typeof text === 'string' ? text : JSON.stringify(text),
    toolCalls: Array.isArray(toolCalls) ? toolCalls.map((call) => readCall(call, path)) : [],
    delayMs: typeof delayMs === 'number' ? Math.max(delayMs, 0) : 0,
    error: isObject(error) ? readError(error) : null,
  };
}

function readCall(call: JsonValue, path: string): SimulatedReply['toolCalls'][number] {
  const { name, arguments: args = {} } = isObject(call) ? call : {};
  if (typeof name !== 'string' || !isObject(args))
    throw scriptFailure(`${path}/toolCalls: expected { name, arguments? }`);
  return { name, arguments: args };
}

function readError({ code = 'provider_error', message = 'A simulated failure.', retryable = false }: JsonObject) {
  // A script may say any code, so that the handling of codes yet to come can be tried.
  return { code: String(code) as CodedError['code'], message: String(message), retryable: retryable === true };
}

function scriptFailure(problem: string): ModelFailure {
  const message = `The simulated model "scripted" follows metadata.simulation of the agent: ${problem}.`;
  return new ModelFailure({ code: 'provider_error', message, retryable: false });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
