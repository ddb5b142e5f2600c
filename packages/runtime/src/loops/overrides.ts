import type { SnapshotOverrides, TraceMessage } from '@runctl/tasks';
import type { LoopState } from './loop.ts';
import { mergePatch } from './merge-patch.ts';
import { readAssistant } from './message-content.ts';

/**
 * The state that a fork starts from. Each key replaces the recorded one and `memory` is merged (RFC 7396). A new
 * prompt rewrites the first user message and keeps the data below it; where the task had already answered, it follows
 * as a new user message. Messages that are given are taken as they are; a decision on a tool call does not pass over to
 * calls in them.
 */
export function applyOverrides(state: LoopState, overrides: SnapshotOverrides): LoopState {
  const { memory, messages, prompt, ...replaced } = overrides;
  return {
    ...state,
    ...replaced,
    ...(prompt !== undefined && { prompt, messages: withPrompt(state, prompt) }),
    ...(messages !== undefined && { messages, approvals: {} }),
    ...(memory !== undefined && { memory: mergePatch(state.memory, memory) }),
  };
}

function withPrompt({ messages, prompt: recorded }: LoopState, prompt: string): TraceMessage[] {
  const last = messages.at(-1);
  if (last?.role === 'assistant' && readAssistant(last).toolCalls.length === 0) {
    return [...messages, { role: 'user', content: prompt }];
  }
  const first = messages.findIndex(({ role }) => role === 'user');
  const content = messages[first]?.content;
  const data = typeof content === 'string' && content.startsWith(recorded) ? content.slice(recorded.length) : '';
  const gap = recorded === '' && data !== '' ? '\n\n' : '';
  return messages.with(Math.max(first, 0), { role: 'user', content: `${prompt}${gap}${data}` });
}
