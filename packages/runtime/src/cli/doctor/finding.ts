/** How something is: in order, worth a look, or in the way. */
export type FindingState = 'ok' | 'warning' | 'problem';

/** What the doctor found out about one thing. */
export interface Finding {
  /** What was looked at. */
  check: string;
  state: FindingState;
  /** How it is. Never a secret. */
  found: string;
  /** What to do about it; null where there is nothing to do. */
  advice: string | null;
}

/** In order. */
export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found, advice: null };
}

/** Works, and may be meant otherwise. */
export function warning(check: string, found: string, advice: string): Finding {
  return { check, state: 'warning', found, advice };
}

/** A runtime would not start, or not do its work. */
export function problem(check: string, found: string, advice: string): Finding {
  return { check, state: 'problem', found, advice };
}
