import { type RawBuilder, sql } from 'kysely';
import { hourMs, hourOf } from '../../full-hours.ts';
import type { Span } from '../period-window.ts';
import type { StatisticsScope } from './statistics-scope.ts';

/** With more stale hours than these the rows are read right away. */
const mostStale = 400;

/** Which hours of a stretch of time are summed up. The rest of it counts from the rows. */
export interface Cover {
  /** Whole hours; empty where none is summed up. */
  summed: Span;
  /** Hours within it that count from the rows all the same, ascending. */
  excluded: readonly number[];
}

/** Nothing is summed up. */
export const noCover: Cover = { summed: { from: 0, to: 0 }, excluded: [] };

/** Both by primary key. */
export async function readCover(scope: StatisticsScope, { from, to }: Span): Promise<Cover> {
  const fold = await scope.fold().select(['folded_from', 'folded_until']).executeTakeFirst();
  if (fold === undefined) return noCover;
  const summed = {
    from: Math.max(Math.ceil(from / hourMs) * hourMs, fold.folded_from),
    to: Math.min(hourOf(to), fold.folded_until),
  };
  if (summed.to <= summed.from) return noCover;
  const stale = await scope
    .staleHours()
    .select('hour')
    .where('hour', '>=', summed.from)
    .where('hour', '<', summed.to)
    .orderBy('hour')
    .limit(mostStale + 1)
    .execute();
  return stale.length > mostStale ? noCover : { summed, excluded: stale.map(({ hour }) => hour) };
}

/** Whether the sums of an hour, in the table that a query reads, count for a cover. */
export function isCovered({ summed, excluded }: Cover): RawBuilder<boolean> {
  const within = sql<boolean>`hour >= ${summed.from} AND hour < ${summed.to}`;
  return excluded.length === 0 ? within : sql<boolean>`${within} AND hour NOT IN (${sql.join(excluded)})`;
}

/** A cover without some more hours. */
export function without({ summed, excluded }: Cover, hours: readonly number[]): Cover {
  return { summed, excluded: [...new Set([...excluded, ...hours])].sort((a, b) => a - b) };
}

/** What of a span counts from the rows: the least number of stretches, ascending. */
export function uncovered({ from, to }: Span, { summed, excluded }: Cover): Span[] {
  if (summed.to <= from || summed.from >= to) return to > from ? [{ from, to }] : [];
  const holes = excluded.filter((hour) => hour >= from && hour < to).map((hour) => ({ from: hour, to: hour + hourMs }));
  const parts = [{ from, to: summed.from }, ...holes, { from: Math.max(summed.to, from), to }];
  const spans: Span[] = [];
  for (const part of parts) {
    if (part.to <= part.from) continue;
    const last = spans.at(-1);
    if (last?.to === part.from) spans[spans.length - 1] = { from: last.from, to: part.to };
    else spans.push(part);
  }
  return spans;
}
