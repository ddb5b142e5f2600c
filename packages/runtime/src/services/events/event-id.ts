import type { EventId } from '@runctl/core';

/** Crockford's alphabet, in the order of ASCII: ids of one subject sort as their events do. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const digits = 6;
const shape = /^evt_([0-9a-z]{26})([0-9a-hjkmnp-tv-z]{6,8})(?:\.\d{1,12})?$/;

/** The id of an event: that of its subject, and its place there. */
export function eventId(subjectId: string, seq: number): EventId {
  let place = '';
  for (let rest = seq; rest > 0; rest = Math.floor(rest / 32)) place = `${alphabet[rest % 32]}${place}`;
  return `evt_${subjectId.slice(4)}${place.padStart(digits, '0')}`;
}

/**
 * The id of an event that is kept nowhere: unique within its stream, and behind the stored event that came before it,
 * after which a stream that resumes there goes on.
 */
export function passingEventId(subjectId: string, seq: number, count: number): EventId {
  return `${eventId(subjectId, seq)}.${String(count).padStart(digits, '0')}`;
}

/** The place that an id names among the events of a subject; undefined where it is no event's id. */
export function placeIn(subjectId: string, id: string): { isOfSubject: boolean; seq: number } | undefined {
  const [, ulid, place = ''] = shape.exec(id) ?? [];
  if (ulid === undefined) return undefined;
  const seq = [...place].reduce((sum, digit) => sum * 32 + alphabet.indexOf(digit), 0);
  return { isOfSubject: ulid === subjectId.slice(4), seq };
}
