import type { JsonSchema } from '@runctl/core';
import type { TraceMessage, TraceStepKind } from '@runctl/tasks';
import type { LoopAction, LoopContext, LoopDecision, LoopState } from './loop.ts';
import { readAssistant, writeAssistant } from './message-content.ts';
import { cutText } from './message-size.ts';
import { modelRequest } from './model-request.ts';
import { readStructuredAnswer, type StructuredAnswer } from './structured-answer.ts';

/** A question that a loop asks its model by itself, answered in JSON and without tools. */
export interface StructuredQuestion {
  /** Of the step. */
  name: string;
  stepKind: TraceStepKind;
  /** Follows the conversation as a user's message. */
  text: string;
  schema: JsonSchema;
}

/** Answers that may miss the schema; the one before the last is sent back for repair. */
const mostMisfits = 2;

/**
 * The call that asks a structured question, or repairs the answer to it. The state does not hold the question until it
 * is answered.
 *
 * @param misfits Answers to this question so far that did not fit.
 */
export function askStructured(
  state: LoopState,
  context: LoopContext,
  question: StructuredQuestion,
  misfits: number,
): LoopDecision {
  const { name, stepKind, text, schema } = question;
  const problem = misfits === 0 ? '' : problemOf(state, schema);
  if (misfits >= mostMisfits) {
    const message = `The answer of the step "${name}" does not fit its schema, nor did it after one repair. ${problem}`;
    return { type: 'fail', error: { code: 'output_invalid', message, retryable: true } };
  }
  const repair = `The answer does not fit the JSON Schema.\n${problem}\nAnswer again, with the JSON alone.`;
  const messages: TraceMessage[] = [...state.messages, { role: 'user', content: misfits === 0 ? text : repair }];
  const request = modelRequest(state, { ...context, tools: [], outputSchema: schema }, messages);
  return { type: 'act', action: { kind: 'model', name, stepKind, request } };
}

/** The answer to a structured question, and the conversation with both. */
export function readStructured(
  action: Extract<LoopAction, { kind: 'model' }>,
  text: string,
  schema: JsonSchema,
): { messages: TraceMessage[]; answer: StructuredAnswer } {
  const said = writeAssistant({ text: cutText(text), toolCalls: [] });
  return { messages: [...action.request.messages, said], answer: readStructuredAnswer(text, schema) };
}

function problemOf({ messages }: LoopState, schema: JsonSchema): string {
  const last = messages.at(-1);
  const answer = readStructuredAnswer(last === undefined ? '' : readAssistant(last).text, schema);
  return answer.ok ? '' : answer.problem;
}
