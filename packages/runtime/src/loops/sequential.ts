import type { AgentLoop, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { startState } from './start-state.ts';
import { afterTurn, questionOf, turnFor, turnsOf } from './team-turns.ts';

/**
 * A team's members one after the other, each with what was asked and the answers so far; the last answer is the result.
 * It has no model of its own: the team's order says what comes next.
 */
export const sequential: AgentLoop = { type: 'sequential', start: startState, decide, reduce: afterTurn };

function decide(state: LoopState, { members = [], outputSchema }: LoopContext): LoopDecision {
  const turns = turnsOf(state);
  const said = members.flatMap((member, index) => {
    const turn = turns[index];
    return turn === undefined ? [] : [[member, turn] as const];
  });
  const [speaker, last] = said.at(-1) ?? [];
  if (last !== undefined && 'error' in last) {
    const { code, message } = last.error;
    return { type: 'fail', error: { code, message: `${speaker?.role}: ${message}`, retryable: true } };
  }
  const next = members[said.length];
  if (next === undefined) return { type: 'finish', result: last?.result ?? null };
  const turn = { number: said.length + 1, question: questionOf(state), said };
  const isLast = said.length === members.length - 1;
  return { type: 'act', action: turnFor(next, turn, isLast ? outputSchema : null) };
}
