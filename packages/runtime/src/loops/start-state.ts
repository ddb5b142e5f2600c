import { readPayload, writeFirstMessage } from '../models/first-message.ts';
import type { LoopStart, LoopState } from './loop.ts';

/** The state that a task of any type begins with: one user message, made from its payload. */
export function startState({ agent, input, memory }: LoopStart): LoopState {
  const first = readPayload(input.payload);
  return {
    prompt: first.prompt,
    systemPrompt: agent.systemPrompt,
    messages: [{ role: 'user', content: writeFirstMessage(first) }],
    memory,
    modelProvider: agent.modelProvider,
    model: agent.model,
    approvals: {},
    loop: null,
  };
}
