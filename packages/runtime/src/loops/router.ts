import type { JsonSchema, JsonValue } from '@runctl/core';
import type { TaskErrorCode } from '../task-errors/task-error-codes.ts';
import type { ActionOutcome, AgentLoop, LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import type { Member } from './members.ts';
import { cutForModel } from './message-size.ts';
import { startState } from './start-state.ts';
import { askStructured, readStructured, type StructuredQuestion } from './structured-question.ts';

/**
 * One structured call chooses a member, which gets the task as it is; its result is the result.
 *
 *   route --member--> handed --result--> done
 *                     handed --error--> failed
 */
export const router: AgentLoop = {
  type: 'router',
  start: (input) => ({ ...startState(input), loop: { ...unrouted } }),
  decide,
  reduce,
};

/** `LoopState.loop` of this loop. */
type Routing = {
  phase: 'route' | 'handed' | 'done' | 'failed';
  /** The role that was chosen. */
  role: string;
  /** What the member is asked. */
  instruction: string;
  result: JsonValue;
  error: { code: TaskErrorCode; message: string } | null;
  /** Answers to the question for a member that did not fit. */
  misfits: number;
};

const unrouted: Routing = { phase: 'route', role: '', instruction: '', result: null, error: null, misfits: 0 };

function decide(state: LoopState, context: LoopContext): LoopDecision {
  const loop = readLoop(state);
  switch (loop.phase) {
    case 'route':
      return askStructured(state, context, routeQuestion(context.members ?? []), loop.misfits);
    case 'handed':
      return handOver(loop, context);
    case 'done':
      return { type: 'finish', result: loop.result };
    case 'failed': {
      const { code = 'internal', message = '' } = loop.error ?? {};
      return { type: 'fail', error: { code, message: `${loop.role}: ${message}`, retryable: true } };
    }
  }
}

function reduce(state: LoopState, action: LoopAction, outcome: ActionOutcome): LoopState {
  const loop = readLoop(state);
  if (action.kind === 'model') {
    return outcome.type === 'model' ? afterRoute(state, loop, action, outcome.response.text) : state;
  }
  if (outcome.type === 'tool_error') return withLoop(state, { ...loop, phase: 'failed', error: outcome.error });
  if (outcome.type !== 'tool') return state;
  const { result } = outcome;
  const said = { role: 'assistant' as const, content: cutForModel(result) };
  const content = typeof said.content === 'string' ? said.content : JSON.stringify(said.content);
  return withLoop(
    { ...state, messages: [...state.messages, { ...said, content }] },
    { ...loop, phase: 'done', result },
  );
}

function handOver({ role, instruction }: Routing, { members = [], outputSchema }: LoopContext): LoopDecision {
  const member = members.find((each) => each.role === role);
  if (member === undefined) {
    const message = `The router chose "${role}", which is none of its members.`;
    return { type: 'fail', error: { code: 'output_invalid', message, retryable: true } };
  }
  const call = { callId: 'route', name: member.toolName, arguments: { instruction } };
  return {
    type: 'act',
    action: { kind: 'delegate', call, agentId: member.agentId, instruction, outputSchema },
  };
}

function routeQuestion(members: readonly Member[]): StructuredQuestion {
  const list = members.map(({ role, when }) => `- ${role}${when === null ? '' : `: ${when}`}`).join('\n');
  const text = `Do not answer this yourself. Choose the one who is to answer it:\n${list}`;
  return { name: 'route', stepKind: 'route', text, schema: routeSchema(members) };
}

function routeSchema(members: readonly Member[]): JsonSchema {
  return {
    type: 'object',
    properties: {
      role: { enum: members.map(({ role }) => role) },
      reason: { type: 'string', description: 'Why, in a sentence.' },
    },
    required: ['role'],
  };
}

function afterRoute(
  state: LoopState,
  loop: Routing,
  action: Extract<LoopAction, { kind: 'model' }>,
  text: string,
): LoopState {
  const { messages, answer } = readStructured(action, text, action.request.outputSchema ?? {});
  if (!answer.ok) {
    const instruction = loop.misfits === 0 ? lastText(state) : loop.instruction;
    return withLoop({ ...state, messages }, { ...loop, instruction, misfits: loop.misfits + 1 });
  }
  const { role } = answer.value as { role: string };
  const instruction = loop.misfits === 0 ? lastText(state) : loop.instruction;
  return withLoop({ ...state, messages }, { ...loop, phase: 'handed', role, instruction });
}

/** What the router was asked: the message before its own question. */
function lastText({ messages }: LoopState): string {
  const content = messages.at(-1)?.content ?? '';
  return typeof content === 'string' ? content : JSON.stringify(content);
}

/** A fork that goes on with a new prompt is routed anew. */
function readLoop({ loop, messages }: LoopState): Routing {
  const recorded = loop as Routing | null;
  const isAskedAnew = recorded?.phase !== 'route' && messages.at(-1)?.role === 'user';
  return recorded === null || isAskedAnew ? unrouted : recorded;
}

function withLoop(state: LoopState, loop: Routing): LoopState {
  return { ...state, loop: { ...loop } };
}
