import type { TraceMessage } from '@runctl/tasks';
import { type ModelCallOptions, ModelFailure, type ModelRequest, type ModelResponse } from './model.ts';
import { answerByPolicy } from './simulated-policy.ts';
import { answerByScript, type SimulatedReply } from './simulated-script.ts';
import { sleep } from './sleep.ts';

/** Characters of a token, roughly: what simulated usage is estimated with. */
const CHARACTERS_A_TOKEN = 4;
/** Pieces that an answer is streamed in. */
const DELTAS = 12;

/**
 * The provider that needs no key and no network: `echo` answers with the input, `scripted` follows the agent's rules,
 * any other name is a small deterministic policy that calls the tools that fit and sums up what they answered. Token
 * counts are estimates by length; the cost is 0; every response says `simulated`.
 *
 * @throws {ModelFailure} A rule says so, no rule fits, or the rules cannot be read.
 */
export async function simulate(request: ModelRequest, options: ModelCallOptions): Promise<ModelResponse> {
  const reply = replyTo(request);
  if (reply.delayMs > 0) await sleep(reply.delayMs, options.signal);
  options.signal.throwIfAborted();
  if (reply.error) throw new ModelFailure(reply.error);
  stream(reply.text, options.onTextDelta);
  const toolCalls = reply.toolCalls.map((call, index) => ({ callId: `call_${index + 1}`, ...call }));
  return {
    text: reply.text,
    toolCalls,
    finishReason: toolCalls.length > 0 ? 'tool-calls' : 'stop',
    usage: estimatedUsage(request, reply),
    simulated: true,
  };
}

function replyTo(request: ModelRequest): SimulatedReply {
  switch (request.model) {
    case 'echo':
      return { text: lastUserText(request.messages), toolCalls: [], delayMs: 0, error: null };
    case 'scripted':
      return answerByScript(request);
    default:
      return answerByPolicy(request);
  }
}

function lastUserText(messages: readonly TraceMessage[]): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return typeof content === 'string' ? content : JSON.stringify(content);
}

function stream(text: string, onTextDelta: ModelCallOptions['onTextDelta']): void {
  if (!onTextDelta) return;
  const size = Math.max(Math.ceil(text.length / DELTAS), 16);
  for (let start = 0; start < text.length; start += size) onTextDelta(text.slice(start, start + size));
}

function estimatedUsage(
  { system, messages }: ModelRequest,
  { text, toolCalls }: SimulatedReply,
): ModelResponse['usage'] {
  const read = system.length + messages.reduce((sum, { content }) => sum + lengthOf(content), 0);
  const written = text.length + (toolCalls.length > 0 ? lengthOf(toolCalls) : 0);
  return {
    inputTokens: Math.ceil(read / CHARACTERS_A_TOKEN),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: Math.ceil(written / CHARACTERS_A_TOKEN),
    reasoningTokens: 0,
    costUsd: 0,
  };
}

function lengthOf(content: unknown): number {
  return typeof content === 'string' ? content.length : JSON.stringify(content).length;
}
