import type { TraceMessage } from '@runctl/tasks';
import type { ModelRequest } from '../models/model.ts';
import type { LoopContext, LoopState } from './loop.ts';

/** Asks the state's model about the given messages, with all that the agent's version says. */
export function modelRequest(state: LoopState, context: LoopContext, messages: TraceMessage[]): ModelRequest {
  return {
    provider: state.modelProvider,
    model: state.model,
    system: systemText(state, context),
    messages,
    tools: context.tools,
    outputSchema: context.outputSchema,
    settings: context.settings,
    ...(context.simulation !== undefined && { simulation: context.simulation }),
  };
}

/** The system prompt, then what the task remembers, then the form of the answer. */
function systemText({ systemPrompt, memory }: LoopState, { outputSchema }: LoopContext): string {
  const parts = [systemPrompt];
  if (Object.keys(memory).length > 0) parts.push(`Memory of this task, as JSON:\n${JSON.stringify(memory)}`);
  if (outputSchema) {
    parts.push(`Give the final answer as one JSON value that fits this JSON Schema:\n${JSON.stringify(outputSchema)}`);
  }
  return parts.filter(Boolean).join('\n\n');
}
