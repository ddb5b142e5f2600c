import type { JsonValue } from '@runctl/core';

/** Characters of a text or of a tool's result in a conversation. The step's row keeps more. */
export const longestInMessage = 262_144;

/** A text of at most `longest` characters, and behind it how much is missing. */
export function cutText(text: string, longest = longestInMessage): string {
  if (text.length <= longest) return text;
  // Half of a surrogate pair is no character.
  const kept = text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}\n[cut: ${text.length - kept.length} more characters]`;
}

/** A tool's result as the model is shown it: one that is too large becomes the beginning of its JSON. */
export function cutForModel(result: JsonValue, longest = longestInMessage): JsonValue {
  if (typeof result === 'string') return cutText(result, longest);
  if (typeof result !== 'object' || result === null) return result;
  const json = JSON.stringify(result);
  return json.length <= longest ? result : cutText(json, longest);
}
