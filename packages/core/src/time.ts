/** An instant in RFC 3339, UTC, with milliseconds: `2026-11-20T08:30:00.000Z`. Answers carry this text, never a `Date`. */
export type Timestamp = string;
/** What inputs accept for an instant; sent as a {@link Timestamp}. A number is milliseconds since the epoch. */
export type DateInput = Date | string | number;
/** A rolling window: `'24h'`, `'7d'`, `'12w'`, or a word (`day` = 24 h, `week` = 7 d, `month` = 30 d). At most 365 d. */
export type Period = 'hour' | 'day' | 'week' | 'month' | `${number}${'m' | 'h' | 'd' | 'w'}`;
/** Which stretch of time a statistic covers: a rolling `period`, or `from` and `to`. */
export interface PeriodQuery {
  /** A window that ends now. Not together with `from`. */
  period?: Period;
  /** First instant, inclusive. */
  from?: DateInput;
  /** Last instant, exclusive. Default: now. */
  to?: DateInput;
  /** Width of one bucket. Default `auto`: chosen by the server from the length of the window. */
  granularity?: 'minute' | 'hour' | 'day' | 'week' | 'auto';
}
/** The stretch of time that a statistic covers, as the server resolved it. */
export interface PeriodWindow {
  /** First instant, inclusive. */
  from: Timestamp;
  /** Last instant, exclusive. */
  to: Timestamp;
  /** Width of one bucket. */
  granularity: 'minute' | 'hour' | 'day' | 'week';
}
