import type { JsonObject, JsonValue } from '@runctl/core';

/** What a step is given, as a task's payload: an object, where text is its message. */
export function toPayload(input: JsonValue): JsonObject {
  if (typeof input === 'string') return { message: input };
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  return { input };
}
