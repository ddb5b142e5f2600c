import type { DateInput, Timestamp } from './time.ts';
import { toTimestamp } from './timestamp.ts';

/** A query as it travels: the instants in it are text. */
export type WireQuery<Query> = {
  [Name in keyof Query]: Name extends 'from' | 'to' | 'fromDate' | 'toDate' ? Timestamp : Query[Name];
};

/**
 * Writes a caller's query as it travels: `from`, `to`, `fromDate` and `toDate` become timestamps.
 *
 * @throws {RunctlValidationError} status 0 - one of them is no instant
 */
export function wireQuery<Query extends object>(query: Query): WireQuery<Query> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, isInstant(name, value) ? toTimestamp(value, name) : value]),
  ) as WireQuery<Query>;
}

function isInstant(name: string, value: unknown): value is DateInput {
  return value !== undefined && value !== null && /^(from|to)(Date)?$/.test(name);
}
