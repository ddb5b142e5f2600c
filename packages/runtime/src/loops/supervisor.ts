import type { ToolCall } from '../models/model.ts';
import type { AgentLoop, DelegateAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { delegateTool } from './members.ts';
import { openCalls, reactive } from './reactive.ts';
import { startState } from './start-state.ts';

/**
 * The reactive loop with one more tool for each member. A call of such a tool is no tool call but a task for the
 * member; its result, or its error, is what the model is told. Calls of members that stand together in one answer of the
 * model are handed out at once, and their results come in the order of the calls.
 */
export const supervisor: AgentLoop = { type: 'supervisor', start: startState, decide, reduce: reactive.reduce };

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const tools = [...context.tools, ...(context.members ?? []).map(delegateTool)];
  const decision = reactive.decide(state, { ...context, tools });
  if (decision.type !== 'act' || decision.action.kind !== 'tool') return decision;
  const handovers = handoversOf(openCalls(state), context);
  const [action, ...more] = handovers;
  if (action === undefined) return decision;
  return more.length === 0 ? { type: 'act', action } : { type: 'hand_out', handovers };
}

/** The calls of members that come before any other call. */
function handoversOf(calls: readonly ToolCall[], { members = [] }: LoopContext): DelegateAction[] {
  const handovers: DelegateAction[] = [];
  for (const call of calls) {
    const member = members.find(({ toolName }) => toolName === call.name);
    if (member === undefined) break;
    const { instruction: given } = call.arguments;
    const instruction = typeof given === 'string' ? given : '';
    handovers.push({ kind: 'delegate', call, agentId: member.agentId, instruction, outputSchema: null });
  }
  return handovers;
}
