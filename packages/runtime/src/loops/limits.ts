import type { TaskError, TraceMessage } from '@runctl/tasks';
import type { ToolCall } from '../models/model.ts';
import { canonicalJson } from './canonical-json.ts';
import type { LoopAction, LoopState } from './loop.ts';
import { answeredCallId, readAssistant } from './message-content.ts';

/** The same call so often ... */
const LOOP_CALLS = 3;
/** ... within so many steps is a loop. */
const LOOP_WINDOW = 8;

/** A step that is about to run, and what the task has come to. */
export interface LimitsCheck {
  state: LoopState;
  action: LoopAction;
  /** The number of the step, from 1. */
  step: number;
  limits: {
    maxSteps: number;
    /** Null: none. */
    maxCostUsd: number | null;
  };
  /** Of the task so far; null where the price of a call is unknown. */
  costUsd: number | null;
}

/**
 * The limit that a step would break, or null. Asked before each step at start, resume and fork, so that none can pass
 * by another door.
 */
export function checkLimits(check: LimitsCheck): TaskError | null {
  const problem = stepsProblem(check) ?? costProblem(check) ?? loopProblem(check);
  return problem && { ...problem, step: check.step, retryable: false };
}

type Problem = Pick<TaskError, 'code' | 'message'>;

function stepsProblem({ step, limits }: LimitsCheck): Problem | null {
  if (step <= limits.maxSteps) return null;
  return {
    code: 'max_steps',
    message: `The task is not done after ${limits.maxSteps} steps, the agent's limits.maxSteps.`,
  };
}

function costProblem({ action, limits: { maxCostUsd }, costUsd }: LimitsCheck): Problem | null {
  if (action.kind !== 'model' || maxCostUsd === null) return null;
  if (costUsd === null) {
    return {
      code: 'budget_exceeded',
      message:
        `The task may cost ${maxCostUsd} USD, and what it has cost is unknown: the model ${action.request.model} has ` +
        'no price. Use a model with a known price, or take the cost limit away.',
    };
  }
  if (costUsd < maxCostUsd) return null;
  return {
    code: 'budget_exceeded',
    message: `The task has cost ${costUsd} USD; its limit is ${maxCostUsd} USD, checked before each model call.`,
  };
}

/** Reads the last steps from the messages: each assistant message and each tool's answer was one. */
function loopProblem({ state, action }: LimitsCheck): Problem | null {
  if (action.kind !== 'tool') return null;
  const earlier = recentCalls(state.messages).filter((call) => isSameCall(call, action.call));
  if (earlier.length + 1 < LOOP_CALLS) return null;
  return {
    code: 'loop_detected',
    message:
      `The tool ${action.call.name} was called with the same arguments ${LOOP_CALLS} times within ${LOOP_WINDOW} ` +
      'steps. Its answer does not help the model on: look at the last steps of the trace.',
  };
}

/** The calls that were answered within the window that ends with the coming step. */
function recentCalls(messages: readonly TraceMessage[]): ToolCall[] {
  const steps = messages.filter(({ role }) => role === 'assistant' || role === 'tool');
  const answered = new Set(steps.slice(-(LOOP_WINDOW - 1)).map(answeredCallId));
  const calls = steps.filter(({ role }) => role === 'assistant').flatMap((each) => readAssistant(each).toolCalls);
  return calls.filter(({ callId }) => answered.has(callId));
}

function isSameCall(a: ToolCall, b: ToolCall): boolean {
  return a.name === b.name && canonicalJson(a.arguments) === canonicalJson(b.arguments);
}
