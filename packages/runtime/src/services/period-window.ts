import type { PeriodQuery, PeriodWindow, WireQuery } from '@runctl/core';
import { invalid } from './failure.ts';
import { formatTimestamp, parseTimestamp } from './wire/format-timestamp.ts';

// Which stretch of time a statistic covers, and its buckets: the one place for all histories.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const longest = 365 * day;
/** Buckets of one history. */
const mostBuckets = 2_000;

const unitMs: Record<string, number> = { m: minute, h: hour, d: day, w: week };
const wordMs: Record<string, number> = { hour, day, week, month: 30 * day };
const bucketMs: Record<PeriodWindow['granularity'], number> = { minute, hour, day, week };
/** Weeks begin on Monday; the epoch was a Thursday. */
const firstMonday = 4 * day;

/** A stretch of time: `from` inclusive, `to` exclusive, milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A stretch of time in buckets. */
export interface Window extends Span {
  readonly granularity: PeriodWindow['granularity'];
}

/** @throws {Failure} `request.invalid` - the period is too long or empty, both forms are given, or there are too many buckets */
export function resolveWindow(query: WireQuery<PeriodQuery>, now: number, defaultPeriod: string): Window {
  if (query.period !== undefined && query.from !== undefined) refuse('period', 'Expected period or from, not both.');
  // What happened in this very millisecond counts: `to` is exclusive.
  const to = query.to === undefined ? now + 1 : parseTimestamp(query.to);
  const from = query.from === undefined ? to - periodMs(query.period ?? defaultPeriod) : parseTimestamp(query.from);
  if (from >= to) refuse('from', 'Expected from to be before to, which is now where it is not given.');
  if (to - from > longest) refuse(query.period === undefined ? 'from' : 'period', 'Expected at most 365 days.');
  const { granularity = 'auto' } = query;
  const window = { from, to, granularity: granularity === 'auto' ? fitting(to - from) : granularity };
  if ((to - from) / bucketMs[window.granularity] > mostBuckets) {
    refuse('granularity', `Expected at most ${mostBuckets} buckets; take a coarser granularity or a shorter period.`);
  }
  return window;
}

/** A window as it travels. */
export function toPeriodWindow({ from, to, granularity }: Window): PeriodWindow {
  return { from: formatTimestamp(from), to: formatTimestamp(to), granularity };
}

/** Every bucket of a window, oldest first, each with where it starts by the calendar (UTC) and what of it is inside. */
export function buckets({ from, to, granularity }: Window): (Span & { start: number })[] {
  const width = bucketMs[granularity];
  const offset = granularity === 'week' ? firstMonday : 0;
  const all: (Span & { start: number })[] = [];
  for (let start = Math.floor((from - offset) / width) * width + offset; start < to; start += width) {
    all.push({ start, from: Math.max(start, from), to: Math.min(start + width, to) });
  }
  return all;
}

function periodMs(period: string): number {
  const [, count, unit = ''] = /^(\d+)([mhdw])$/.exec(period) ?? [];
  return count === undefined ? (wordMs[period] ?? day) : Number(count) * (unitMs[unit] ?? day);
}

/** Some dozens of buckets. */
function fitting(ms: number): Window['granularity'] {
  if (ms <= 2 * hour) return 'minute';
  if (ms <= 4 * day) return 'hour';
  return ms <= 120 * day ? 'day' : 'week';
}

function refuse(path: string, message: string): never {
  throw invalid([{ path, code: 'invalid', message }]);
}
