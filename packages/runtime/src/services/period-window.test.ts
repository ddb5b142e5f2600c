import { describe, expect, it } from 'vitest';
import { Failure } from './failure.ts';
import { buckets, resolveWindow } from './period-window.ts';

const now = Date.UTC(2026, 10, 21, 12, 30, 15, 250);
/** The end of a window that ends now: what happens now is inside. */
const end = now + 1;
const resolve = (query: Parameters<typeof resolveWindow>[0]) => resolveWindow(query, now, 'day');
const iso = (at: number) => new Date(at).toISOString();

describe('a window of time', () => {
  it('ends now and is a day long where nothing else is asked for', () => {
    expect(resolve({})).toEqual({ from: end - 86_400_000, to: end, granularity: 'hour' });
    expect(resolve({ period: 'week' }).from).toBe(end - 7 * 86_400_000);
    expect(resolve({ period: '90m' })).toMatchObject({ from: end - 90 * 60_000, granularity: 'minute' });
    expect(resolve({ period: '12w' })).toMatchObject({ granularity: 'day' });
    expect(resolve({ period: '365d' })).toMatchObject({ granularity: 'week' });
  });

  it('goes from and to where it is told, in any offset', () => {
    expect(resolve({ from: '2026-11-01T00:00:00+02:00', to: '2026-11-02T00:00:00Z', granularity: 'week' })).toEqual({
      from: Date.UTC(2026, 9, 31, 22),
      to: Date.UTC(2026, 10, 2),
      granularity: 'week',
    });
    expect(resolve({ to: '2026-11-02T00:00:00Z' }).from).toBe(Date.UTC(2026, 10, 1));
    expect(resolve({ to: '2026-11-02T00:00:00Z', period: 'hour' }).from).toBe(Date.UTC(2026, 10, 1, 23));
  });

  it('is refused where it is empty, too long, said twice, or in too many buckets', () => {
    const refusals: Parameters<typeof resolveWindow>[0][] = [
      { from: '2026-11-22T00:00:00Z' },
      { from: '2025-11-01T00:00:00Z' },
      { period: '53w' },
      { period: 'day', from: '2026-11-20T00:00:00Z' },
      { period: 'month', granularity: 'minute' },
    ];
    for (const query of refusals) expect(() => resolve(query), JSON.stringify(query)).toThrow(Failure);
  });

  it('has every bucket, by the calendar, the first and the last as far as they are inside', () => {
    const hours = buckets(resolve({ period: '3h', granularity: 'hour' }));
    expect(hours.map(({ start }) => iso(start).slice(11, 16))).toEqual(['09:00', '10:00', '11:00', '12:00']);
    expect(iso(hours[0]?.from ?? 0)).toBe('2026-11-21T09:30:15.251Z');
    expect(hours.at(-1)?.to).toBe(end);
    const weeks = buckets(resolve({ period: '2w', granularity: 'week' }));
    expect(weeks.map(({ start }) => iso(start).slice(0, 10))).toEqual(['2026-11-02', '2026-11-09', '2026-11-16']);
    for (const { start } of weeks) expect(new Date(start).getUTCDay()).toBe(1);
  });
});
