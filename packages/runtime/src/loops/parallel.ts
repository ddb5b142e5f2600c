import type { JsonValue } from '@runctl/core';
import { findMisfits } from '../schema/json-schema.ts';
import type { AgentLoop, LoopContext, LoopDecision, LoopState } from './loop.ts';
import type { Member } from './members.ts';
import { startState } from './start-state.ts';
import { aggregatorOf } from './team-roles.ts';
import { afterTurn, questionOf, type Turn, turnFor, turnsOf } from './team-turns.ts';

/**
 * A team's members all at once. Then the aggregator makes one answer of theirs, to the output schema; without one the
 * result is the list of `{ agentId, role, output, error }`, which has to fit it. A member that fails fails the task only where no other has an answer.
 */
export const parallel: AgentLoop = { type: 'parallel', start: startState, decide, reduce: afterTurn };

function decide(state: LoopState, { members = [], outputSchema }: LoopContext): LoopDecision {
  const aggregator = aggregatorOf({ members });
  const workers = members.filter((member) => member !== aggregator);
  const turns = turnsOf(state);
  const question = questionOf(state);
  if (turns.length < workers.length) {
    const handovers = workers.map((member, index) => turnFor(member, { number: index + 1, question }, null));
    return { type: 'hand_out', handovers };
  }
  const said = workers.map((member, index) => [member, turns[index] ?? noTurn] as const);
  if (said.every(([, turn]) => 'error' in turn)) return failed(said);
  if (aggregator === undefined) return fitting(said.map(collected), outputSchema);
  const answer = turns[workers.length];
  if (answer === undefined) {
    return { type: 'act', action: turnFor(aggregator, { number: turns.length + 1, question, said }, outputSchema) };
  }
  return 'error' in answer ? failed([[aggregator, answer]]) : { type: 'finish', result: answer.result };
}

/** Nobody is there who could mend a list that does not fit, so it fails at once. */
function fitting(result: JsonValue, outputSchema: LoopContext['outputSchema']): LoopDecision {
  const misfits = outputSchema === null ? [] : findMisfits(result, outputSchema);
  if (misfits.length === 0) return { type: 'finish', result };
  const problems = misfits.map(({ path, message }) => `${path || '(the list)'}: ${message}`).join(' ');
  const message =
    'The answers of the members do not fit the output schema, which is of the list of ' +
    `{ agentId, role, output, error }; an aggregator would make one answer of them. ${problems}`;
  return { type: 'fail', error: { code: 'output_invalid', message, retryable: true } };
}

const noTurn: Turn = { result: null };

function collected([{ agentId, role }, turn]: readonly [Member, Turn]): JsonValue {
  return 'error' in turn
    ? { agentId, role, output: null, error: turn.error }
    : { agentId, role, output: turn.result, error: null };
}

/** With the code of the first. */
function failed(said: readonly (readonly [Member, Turn])[]): LoopDecision {
  const errors = said.flatMap(([{ role }, turn]) => ('error' in turn ? [{ role, ...turn.error }] : []));
  const message = errors.map((error) => `${error.role}: ${error.message}`).join('\n');
  return { type: 'fail', error: { code: errors[0]?.code ?? 'internal', message, retryable: true } };
}
