import type { JsonSchema, JsonValue } from '@runctl/core';
import type { ActionOutcome, AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { reactive } from './reactive.ts';
import { startState } from './start-state.ts';
import { askStructured, readStructured, type StructuredQuestion } from './structured-question.ts';

/**
 * A draft by the reactive loop, a critique of it by the rubric, a revision; at most three rounds. It ends with the
 * first draft that scores 0.8 or more, or with the best of them.
 *
 *   draft --answer--> critique --score < 0.8--> draft (three times)
 *   critique --score >= 0.8, or third round--> done
 */
export const reflective: AgentLoop = {
  type: 'reflective',
  start: (input) => ({ ...startState(input), loop: { ...firstDraft } }),
  decide,
  reduce,
};

/** `LoopState.loop` of this loop. */
type Reflection = {
  phase: 'draft' | 'critique' | 'done';
  /** From 1. */
  round: number;
  /** The draft that is judged next. */
  draft: JsonValue;
  best: { result: JsonValue; score: number } | null;
  /** Answers to the question for a critique that did not fit. */
  misfits: number;
  /** `loop` of the reactive turn that is under way. */
  turn: JsonValue;
};

const firstDraft: Reflection = { phase: 'draft', round: 1, draft: null, best: null, misfits: 0, turn: null };
const mostRounds = 3;
const goodScore = 0.8;

const critiqueSchema: JsonSchema = {
  type: 'object',
  properties: {
    score: { type: 'number', minimum: 0, maximum: 1, description: '0: of no use. 1: cannot be made better.' },
    feedback: { type: 'string', description: 'What to change, point by point.' },
  },
  required: ['score', 'feedback'],
};

/** Of an agent that brings none. */
const plainRubric = [
  'It answers what was asked.',
  'It is correct and complete.',
  'It is clear and no longer than needed.',
];

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const loop = readLoop(state);
  if (loop.phase === 'draft') {
    const decision = reactive.decide(turnOf(state, loop), context);
    // A revision that cannot be used takes nothing from the drafts before it.
    return decision.type === 'fail' && loop.best !== null ? { type: 'finish', result: loop.best.result } : decision;
  }
  if (loop.phase === 'critique') return askStructured(state, context, critiqueQuestion(context), loop.misfits);
  return { type: 'finish', result: loop.best?.result ?? loop.draft };
}

function reduce(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState {
  const loop = readLoop(state);
  if (loop.phase !== 'draft') return afterCritique(state, loop, action, outcome);
  const next = reactive.reduce(turnOf(state, loop), action, outcome);
  const outputSchema = action.kind === 'model' ? action.request.outputSchema : null;
  const drafted = reactive.decide(next, { tools: [], settings: {}, outputSchema });
  if (action.kind !== 'model' || drafted.type !== 'finish') return withLoop(next, { ...loop, turn: next.loop });
  return withLoop(next, { ...loop, phase: 'critique', draft: drafted.result, misfits: 0, turn: null });
}

function critiqueQuestion({ rubric = [] }: LoopContext): StructuredQuestion {
  const criteria = rubric.length > 0 ? rubric : plainRubric;
  const text = `Judge your last answer by this rubric, as a strict reviewer would:\n${criteria.map((each, index) => `${index + 1}. ${each}`).join('\n')}`;
  return { name: 'critique', stepKind: 'reflection', text, schema: critiqueSchema };
}

function afterCritique(state: LoopState, loop: Reflection, action: LoopAction, outcome: ActionOutcome): LoopState {
  if (action.kind !== 'model' || outcome.type !== 'model') return state;
  const { messages, answer } = readStructured(action, outcome.response.text, critiqueSchema);
  if (!answer.ok && loop.misfits === 0) return withLoop({ ...state, messages }, { ...loop, misfits: 1 });
  // A critic that cannot be read twice has found nothing good; what it said may still help.
  const { score, feedback } = answer.ok
    ? (answer.value as { score: number; feedback: string })
    : { score: 0, feedback: outcome.response.text };
  const best = loop.best === null || score > loop.best.score ? { result: loop.draft, score } : loop.best;
  if (score >= goodScore || loop.round >= mostRounds) {
    return withLoop({ ...state, messages }, { ...loop, phase: 'done', best });
  }
  const content = `Revise your answer: the critique gave it ${score} of 1.\n${feedback}\nGive the whole new answer.`;
  return withLoop(
    { ...state, messages: [...messages, { role: 'user', content }] },
    { ...loop, phase: 'draft', round: loop.round + 1, best, turn: null },
  );
}

/** The state as the reactive loop sees it. */
function turnOf(state: LoopState, { turn }: Reflection): LoopState {
  return { ...state, loop: turn };
}

/** A fork that goes on with a new prompt, where an answer stood last, drafts anew. */
function readLoop({ loop, messages }: LoopState): Reflection {
  const recorded = loop as Reflection | null;
  const isAskedAnew = recorded?.phase !== 'draft' && messages.at(-1)?.role === 'user';
  return recorded === null || isAskedAnew ? firstDraft : recorded;
}

function withLoop(state: LoopState, loop: Reflection): LoopState {
  return { ...state, loop: { ...loop } };
}
