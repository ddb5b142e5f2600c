import type { TraceMessage } from '@runctl/tasks';
import type { ToolCall } from '../models/model.ts';
import type { CodedError } from '../task-errors/task-error-codes.ts';
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
  maxSteps: number;
  /** What the task, and the tree that it stands in, may cost. */
  budgets: readonly Budget[];
}

/** A cost that is bounded. */
export interface Budget {
  /** Whose: the task's, or that of all tasks below one root. */
  of: 'task' | 'tree';
  limitUsd: number;
  /** So far; null where the price of a call is unknown. */
  spentUsd: number | null;
}

/**
 * The limit that a step would break, or null. Asked before each step at start, resume and fork, so that none can pass
 * by another door.
 */
export function checkLimits(check: LimitsCheck): CodedError | null {
  const problem = stepsProblem(check) ?? costProblem(check) ?? loopProblem(check);
  return problem && { ...problem, step: check.step, retryable: false };
}

type Problem = Pick<CodedError, 'code' | 'message'>;

/** A decision that a person made is a step of the trace, but neither a model call nor a tool call. */
function stepsProblem({ state, step, maxSteps }: LimitsCheck): Problem | null {
  if (step - Object.keys(state.approvals).length <= maxSteps) return null;
  return {
    code: 'max_steps',
    message: `The task is not done after ${maxSteps} steps, the agent's limits.maxSteps.`,
  };
}

function costProblem({ action, budgets }: LimitsCheck): Problem | null {
  if (action.kind !== 'model') return null;
  for (const { of, limitUsd, spentUsd } of budgets) {
    const who = of === 'task' ? 'The task' : 'The task and those that it belongs to';
    if (spentUsd === null) {
      const message =
        `${who} may cost ${limitUsd} USD, and what has been spent is unknown: a model such as ${action.request.model} ` +
        'has no price. Use a model with a known price, or take the cost limit away.';
      return { code: 'budget_exceeded', message };
    }
    if (spentUsd < limitUsd) continue;
    const message = `${who} cost ${spentUsd} USD so far; the limit is ${limitUsd} USD, checked before each model call.`;
    return { code: 'budget_exceeded', message };
  }
  return null;
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
