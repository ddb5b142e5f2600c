import type { JsonSchema, JsonValue } from '@runctl/core';
import type { ActionOutcome, AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { readAssistant } from './message-content.ts';
import { reactive } from './reactive.ts';
import { startState } from './start-state.ts';
import { askStructured, readStructured } from './structured-question.ts';

/**
 * A plan, then each of its items by the reactive loop, then a synthesis. After an item that failed a new plan is made
 * for what is left, at most twice; one more failure ends the task.
 *
 *   plan --items--> item --answer--> item ... --last answer--> synthesis --answer--> done
 *   item --FAILED--> plan (twice), then --FAILED--> failed
 *
 * A model says that it cannot do an item by an answer that begins with FAILED: any model can say that, with tools at
 * hand or without.
 */
export const deliberative: AgentLoop = {
  type: 'deliberative',
  start: (input) => ({ ...startState(input), loop: { ...firstPlan } }),
  decide,
  reduce,
};

/** `LoopState.loop` of this loop. */
type Deliberation = {
  phase: 'plan' | 'item' | 'synthesis' | 'done' | 'failed';
  items: string[];
  /** The item that is worked on, from 0. */
  at: number;
  /** New plans so far. */
  replans: number;
  /** Answers to the question for a plan that did not fit. */
  misfits: number;
  /** `loop` of the reactive turn that is under way. */
  turn: JsonValue;
};

const firstPlan: Deliberation = { phase: 'plan', items: [], at: 0, replans: 0, misfits: 0, turn: null };
const mostReplans = 2;

const planSchema: JsonSchema = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      maxItems: 12,
      description: 'What is to be done, in order; each item can be done by itself.',
    },
  },
  required: ['items'],
};

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const loop = readLoop(state);
  switch (loop.phase) {
    case 'plan':
      return askStructured(state, context, planQuestion(loop), loop.misfits);
    case 'item':
      return reactive.decide(turnOf(state, loop), { ...context, outputSchema: null });
    case 'synthesis':
    case 'done':
      return reactive.decide(turnOf(state, loop), { ...context, tools: [] });
    case 'failed': {
      const message = `The item "${loop.items[loop.at] ?? ''}" failed, and ${mostReplans} new plans did not help.`;
      return { type: 'fail', error: { code: 'plan_failed', message, retryable: true } };
    }
  }
}

function reduce(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState {
  const loop = readLoop(state);
  if (loop.phase === 'plan') return afterPlan(state, loop, action, outcome);
  const next = reactive.reduce(turnOf(state, loop), action, outcome);
  const answer = answerOf(next, outcome);
  if (answer === null || loop.phase === 'done') return withLoop(next, { ...loop, turn: next.loop });
  if (loop.phase !== 'item') return withLoop(next, { ...loop, phase: 'done', turn: next.loop });
  return /^\s*FAILED\b/i.test(answer) ? afterFailure(next, loop) : afterItem(next, { ...loop, at: loop.at + 1 });
}

function planQuestion({ replans }: Deliberation) {
  const first = 'Plan first. List the items that lead to the answer, each so small that it can be done by itself.';
  const again = 'The last item failed. Make a new plan: list the items that are left, and another way to what failed.';
  return { name: 'plan', stepKind: 'plan' as const, text: replans === 0 ? first : again, schema: planSchema };
}

function afterPlan(state: LoopState, loop: Deliberation, action: LoopAction, outcome: ActionOutcome): LoopState {
  if (action.kind !== 'model' || outcome.type !== 'model') return state;
  const { messages, answer } = readStructured(action, outcome.response.text, planSchema);
  if (!answer.ok) return withLoop({ ...state, messages }, { ...loop, misfits: loop.misfits + 1 });
  const { items } = answer.value as { items: string[] };
  return afterItem({ ...state, messages }, { ...loop, items, at: 0, misfits: 0 });
}

/** Begins the item that `at` names, or the synthesis behind the last one. */
function afterItem(state: LoopState, loop: Deliberation): LoopState {
  const { items, at } = loop;
  const item = items[at];
  const content =
    item === undefined
      ? 'All items are done. Give the final answer now, from what they came to.'
      : `Item ${at + 1} of ${items.length}: ${item}\n` +
        'Do this item alone and say what it came to. If it cannot be done, begin your answer with FAILED and say why.';
  const phase = item === undefined ? 'synthesis' : 'item';
  const messages = [...state.messages, { role: 'user' as const, content }];
  return withLoop({ ...state, messages }, { ...loop, phase, turn: null });
}

function afterFailure(state: LoopState, loop: Deliberation): LoopState {
  if (loop.replans >= mostReplans) return withLoop(state, { ...loop, phase: 'failed' });
  return withLoop(state, { ...loop, phase: 'plan', replans: loop.replans + 1, turn: null });
}

/** The answer that ends a turn; null while it goes on with tools. */
function answerOf({ messages }: LoopState, outcome: ActionOutcome): string | null {
  const last = messages.at(-1);
  if (outcome.type !== 'model' || last === undefined) return null;
  const { text, toolCalls } = readAssistant(last);
  return toolCalls.length === 0 ? text : null;
}

/** The state as the reactive loop sees it. */
function turnOf(state: LoopState, { turn }: Deliberation): LoopState {
  return { ...state, loop: turn };
}

/** A fork that goes on after the end with a new prompt plans anew. */
function readLoop({ loop, messages }: LoopState): Deliberation {
  const recorded = loop as Deliberation | null;
  const isOver = recorded?.phase === 'done' || recorded?.phase === 'failed';
  return recorded === null || (isOver && messages.at(-1)?.role === 'user') ? firstPlan : recorded;
}

function withLoop(state: LoopState, loop: Deliberation): LoopState {
  return { ...state, loop: { ...loop } };
}
