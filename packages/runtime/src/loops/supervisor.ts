import type { AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { delegateTool } from './members.ts';
import { reactive } from './reactive.ts';
import { startState } from './start-state.ts';

/**
 * The reactive loop with one more tool for each member. A call of such a tool is no tool call but a task for the
 * member; its result, or its error, is what the model is told.
 */
export const supervisor: AgentLoop = { type: 'supervisor', start: startState, decide, reduce: reactive.reduce };

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const tools = [...context.tools, ...(context.members ?? []).map(delegateTool)];
  const decision = reactive.decide(state, { ...context, tools });
  if (decision.type !== 'act' || decision.action.kind !== 'tool') return decision;
  return { type: 'act', action: delegated(decision.action, context) };
}

function delegated(action: Extract<LoopAction, { kind: 'tool' }>, { members = [] }: LoopContext): LoopAction {
  const member = members.find(({ toolName }) => toolName === action.call.name);
  if (member === undefined) return action;
  const { instruction } = action.call.arguments;
  return {
    kind: 'delegate',
    call: action.call,
    agentId: member.agentId,
    instruction: typeof instruction === 'string' ? instruction : '',
    outputSchema: null,
  };
}
