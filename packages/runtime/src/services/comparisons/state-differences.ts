import type { JsonValue } from '@runctl/core';
import type { TraceMessage } from '@runctl/tasks';
import type { LoopState } from '../../loops/loop.ts';
import { differences, type StepDifference } from './step-differences.ts';

const fields = ['prompt', 'systemPrompt', 'modelProvider', 'model'] as const;

/**
 * What two tasks were given differently where they part: the snapshots at entry of the first step that they do not
 * share, pointed at below `/snapshot`. That a message holds the other prompt is not told again.
 */
export function stateDifferences(base: LoopState, other: LoopState): StepDifference[] {
  return [
    ...fields.flatMap((field) => differences('input', `/snapshot/${field}`, base[field], other[field])),
    ...differences('input', '/snapshot/memory', base.memory, other.memory),
    ...messageDifferences(base, other),
  ];
}

function messageDifferences(base: LoopState, other: LoopState): StepDifference[] {
  const length = Math.max(base.messages.length, other.messages.length);
  return Array.from({ length }, (_, index) => index).flatMap((index): StepDifference[] => {
    const [inBase, inOther] = [base.messages[index], other.messages[index]];
    if (isSame(besidePrompt(base, inBase), besidePrompt(other, inOther))) return [];
    return differences('input', `/snapshot/messages/${index}`, toJson(inBase), toJson(inOther));
  });
}

/** A message without the prompt that it begins with; null where nothing else is in it. */
function besidePrompt({ prompt }: LoopState, message: TraceMessage | undefined): JsonValue {
  if (message === undefined) return null;
  const { role, content } = message;
  if (role !== 'user' || typeof content !== 'string' || !content.startsWith(prompt)) return toJson(message);
  return content === prompt ? null : content.slice(prompt.length);
}

function isSame(base: JsonValue, other: JsonValue): boolean {
  return differences('input', '', base, other).length === 0;
}

function toJson(message: TraceMessage | undefined): JsonValue {
  return message === undefined ? null : { ...message };
}
