import type { Timestamp } from '@runctl/core';

/** An instant as it travels. */
export function toTimestamp(milliseconds: number): Timestamp {
  return new Date(milliseconds).toISOString();
}

/** An instant as it travels, where there is one. */
export function toTimestampOrNull(milliseconds: number | null): Timestamp | null {
  return milliseconds === null ? null : toTimestamp(milliseconds);
}

/** An instant as it is stored. */
export function fromTimestamp(timestamp: Timestamp): number {
  return Date.parse(timestamp);
}
