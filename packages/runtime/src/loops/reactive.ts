import type { TraceMessage } from '@runctl/tasks';
import type { ModelResponse, ToolCall } from '../models/model.ts';
import type { ActionOutcome, AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { answeredCallId, readAssistant, writeAssistant } from './message-content.ts';
import { cutForModel, cutText } from './message-size.ts';
import { modelRequest } from './model-request.ts';
import { startState } from './start-state.ts';
import { readStructuredAnswer } from './structured-answer.ts';

/**
 * Model, tools, model ..., until an answer calls no tool. The messages alone say what comes next: an unanswered tool
 * call is run, after the last one the model is asked, and an answer without calls is the end.
 *
 * `loop` is null, or `'repaired'` once an answer that did not fit the output schema was sent back.
 */
export const reactive: AgentLoop = { type: 'reactive', start: startState, decide, reduce };

/** `loop` after the one repair turn that an answer gets. */
const REPAIRED = 'repaired';

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const message = state.messages.findLast(({ role }) => role !== 'tool');
  if (message?.role !== 'assistant') return askModel(state, context, state.messages);
  const { text, toolCalls } = readAssistant(message);
  if (toolCalls.length === 0) return finish(state, context, text);
  const [call] = openCalls(state);
  return call ? { type: 'act', action: { kind: 'tool', call } } : askModel(state, context, state.messages);
}

/** The tool calls of the last answer that have no result yet, in their order. */
export function openCalls({ messages }: LoopState): ToolCall[] {
  const last = messages.findLastIndex(({ role }) => role !== 'tool');
  const message = messages[last];
  if (message?.role !== 'assistant') return [];
  const answered = new Set(messages.slice(last + 1).map(answeredCallId));
  return readAssistant(message).toolCalls.filter(({ callId }) => !answered.has(callId));
}

function askModel(state: LoopState, context: LoopContext, messages: TraceMessage[]): LoopDecision {
  const request = modelRequest(state, context, messages);
  return { type: 'act', action: { kind: 'model', name: state.model, stepKind: 'model', request } };
}

function finish(state: LoopState, context: LoopContext, text: string): LoopDecision {
  if (!context.outputSchema) return { type: 'finish', result: text };
  const answer = readStructuredAnswer(text, context.outputSchema);
  if (answer.ok) return { type: 'finish', result: answer.value };
  if (state.loop !== REPAIRED) {
    const content = `The answer does not fit the JSON Schema.\n${answer.problem}\nAnswer again, with the JSON alone.`;
    return askModel(state, context, [...state.messages, { role: 'user', content }]);
  }
  const message = `The answer does not fit the output schema, nor did it after one repair. ${answer.problem}`;
  return { type: 'fail', error: { code: 'output_invalid', message, retryable: true } };
}

function reduce(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState {
  if (outcome.type === 'model') return afterModel(state, action, outcome.response);
  if (action.kind === 'model') return state;
  const { callId, name } = action.call;
  const answer = outcome.type === 'tool' ? { result: cutForModel(outcome.result) } : { error: outcome.error };
  return {
    ...state,
    messages: [...state.messages, { role: 'tool', content: { callId, name, ...answer } }],
    memory: (outcome.type === 'tool' && outcome.memory) || state.memory,
  };
}

function afterModel(state: LoopState, action: LoopAction, { text, toolCalls }: ModelResponse): LoopState {
  // The question may have been longer than the state by a request to repair the last answer.
  const asked = action.kind === 'model' ? action.request.messages : state.messages;
  const isRepair = asked.length > state.messages.length;
  const answer = writeAssistant({ text: cutText(text), toolCalls: withUniqueIds(toolCalls, asked) });
  return { ...state, messages: [...asked, answer], loop: isRepair ? REPAIRED : state.loop };
}

/** Providers repeat ids from turn to turn, or leave them out; an answer must find its call. */
function withUniqueIds(calls: readonly ToolCall[], messages: readonly TraceMessage[]): ToolCall[] {
  const earlier = messages.filter(({ role }) => role === 'assistant').flatMap((each) => readAssistant(each).toolCalls);
  const used = new Set(earlier.map(({ callId }) => callId));
  return calls.map((call, index) => {
    const callId = call.callId && !used.has(call.callId) ? call.callId : `call_${earlier.length + index + 1}`;
    used.add(callId);
    return { ...call, callId };
  });
}
