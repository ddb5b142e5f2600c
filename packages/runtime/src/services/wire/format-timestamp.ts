import type { Timestamp } from '@runctl/core';

/** Of the second that was asked for last: most instants of an answer lie within one. */
let lastSecond = Number.NaN;
let lastText = '';

/** An instant as it travels. */
export function formatTimestamp(milliseconds: number): Timestamp {
  const second = Math.floor(milliseconds / 1_000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1_000).toISOString().slice(0, -'000Z'.length);
    lastSecond = second;
  }
  return `${lastText}${String(Math.floor(milliseconds) - second * 1_000).padStart(3, '0')}Z`;
}

/** An instant as it travels, where there is one. */
export function formatTimestampOrNull(milliseconds: number | null): Timestamp | null {
  return milliseconds === null ? null : formatTimestamp(milliseconds);
}

/** An instant as it is stored. */
export function parseTimestamp(timestamp: Timestamp): number {
  return Date.parse(timestamp);
}
