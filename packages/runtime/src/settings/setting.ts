/** One environment variable that the runtime reads. */
export interface Setting {
  /** The variable. */
  readonly name: string;
  /** What it sets, as the table of the README says it. */
  readonly sets: string;
  /** What holds without it, in words. Absent: nothing, it is off. */
  readonly default?: string;
  /** A value that would do; of a secret, its shape. */
  readonly example: string;
  /** Its value is never printed. */
  readonly isSecret?: true;
  /** Says what is wrong with a value, without repeating it; undefined where it will do. */
  check(value: string): string | undefined;
}

/** Settings that belong together, under the words that head them. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: readonly Setting[];
}
