import type { JsonValue } from '@runctl/core';
import type { TaskErrorCode } from '../task-errors/task-error-codes.ts';
import type { ActionOutcome, DelegateAction, LoopAction, LoopState } from './loop.ts';
import type { Member } from './members.ts';
import { cutText } from './message-size.ts';

// What the strategies without a model have in common. Their state is the conversation alone: what was asked, then one
// tool message for each member that has had its turn, in the order of the turns.

/** What a member's turn came to. */
export type Turn = { result: JsonValue } | { error: { code: TaskErrorCode; message: string } };

/** The turns since the last question; a fork that asks anew begins anew. */
export function turnsOf({ messages }: LoopState): Turn[] {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  return messages.slice(asked + 1).map(({ content }) => content as unknown as Turn);
}

/** What was asked. */
export function questionOf({ messages }: LoopState): string {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** The state after a member's turn. */
export function afterTurn(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState {
  if (action.kind === 'model' || outcome.type === 'model') return state;
  const { callId, name } = action.call;
  const turn: Turn = outcome.type === 'tool' ? { result: outcome.result } : { error: outcome.error };
  return { ...state, messages: [...state.messages, { role: 'tool', content: { callId, name, ...turn } }] };
}

/** A member's turn: what was asked, its role, and what others have said so far. */
export function turnFor(
  member: Member,
  turn: { number: number; question: string; said?: readonly (readonly [Member, Turn])[] },
  outputSchema: DelegateAction['outputSchema'],
): DelegateAction {
  const { role, when } = member;
  const part = `Your role in the team: ${role}${when === null ? '' : ` (${when})`}.`;
  const answers = (turn.said ?? []).map(([{ role: speaker }, said]) => `The answer of ${speaker}:\n${textOf(said)}`);
  const instruction = [turn.question, part, ...answers].filter((text) => text !== '').join('\n\n');
  const call = { callId: `turn_${turn.number}`, name: member.toolName, arguments: { instruction } };
  return { kind: 'delegate', call, agentId: member.agentId, instruction, outputSchema };
}

function textOf(turn: Turn): string {
  if ('error' in turn) return `(It failed: ${turn.error.message})`;
  return cutText(typeof turn.result === 'string' ? turn.result : JSON.stringify(turn.result));
}
