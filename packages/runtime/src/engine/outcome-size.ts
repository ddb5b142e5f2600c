import type { JsonValue } from '@runctl/core';
import { cutForModel, cutText } from '../loops/message-size.ts';
import type { ModelResponse, ToolCall } from '../models/model.ts';

/** Characters of an answer that a step's row keeps; a conversation holds less. */
export const longestStored = 1_048_576;
/** Characters of the arguments of one call, as JSON. */
const longestArguments = 262_144;

/** A tool's result, cut where it is too large to store; undefined where it nests too deeply to be written at all. */
export function storableResult(result: JsonValue): JsonValue | undefined {
  try {
    return cutForModel(result, longestStored);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A model's answer, its text cut, and its calls without arguments that are too large to be meant. */
export function storableResponse(response: ModelResponse): ModelResponse {
  const isSmall = response.text.length <= longestStored && response.toolCalls.length === 0;
  if (isSmall) return response;
  return {
    ...response,
    text: cutText(response.text, longestStored),
    toolCalls: response.toolCalls.map(storableCall),
  };
}

function storableCall(call: ToolCall): ToolCall {
  try {
    if (JSON.stringify(call.arguments).length <= longestArguments) return call;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const problem = `The arguments are longer than ${longestArguments} characters, or nest too deeply.`;
  return { ...call, arguments: {}, problem };
}
