import type { Tint } from '../terminal.ts';

const units: [name: string, ms: number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** How long ago an instant is, in its largest unit: `3 min`. */
export function age(instant: string | null, now = Date.now()): string | null {
  if (instant === null) return null;
  const ms = Math.max(0, now - Date.parse(instant));
  const [name, size] = units.find(([, each]) => ms >= each) ?? ['s', 1_000];
  return `${Math.floor(ms / size)} ${name}`;
}

/** Milliseconds as people say them: `12 ms`, `1.2 s`, `3 min 5 s`. */
export function duration(ms: number | null): string | null {
  if (ms === null) return null;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
}

/** US dollars; a price that is not known is not zero. */
export function money(usd: number | null): string {
  if (usd === null) return 'unknown';
  return `${usd < 0 ? '-' : ''}$${Math.abs(usd).toFixed(4)}`;
}

/** A share of one as a percentage. */
export function percent(share: number | null): string | null {
  return share === null ? null : `${(share * 100).toFixed(1)} %`;
}

/** A number against its limit: `3 of 10`. */
export function ofLimit(used: number, limit: number | null): string {
  return limit === null ? `${used}` : `${used} of ${limit}`;
}

/** Any JSON as one text: text as it is. */
export function asText(value: unknown, indent?: number): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, indent) ?? '');
}

/** A plain count with its noun: `1 step`, `2 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The colour of a status, whatever it is the status of. */
export function statusTint(status: string): Tint | undefined {
  if (/^(completed|succeeded|running|active|same)$/.test(status)) return 'green';
  if (/^(failed|removed)$/.test(status)) return 'red';
  if (/^(waiting|degraded|deploying|stopping|changed|added|in_progress)$/.test(status)) return 'yellow';
  return 'dim';
}
