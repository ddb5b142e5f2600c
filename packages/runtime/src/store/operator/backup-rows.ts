/** A row as a backup has it, by column. From Postgres numbers are texts, which both homes take for what they are. */
export type BackupRow = Readonly<Record<string, string | number | null>>;

/** Whose rows are meant. */
export interface OnlyRows {
  column: string;
  is: string;
}

/** What is in a backup, table by table. */
export interface BackupRows {
  /** Migrations that it has. */
  readonly schema: readonly string[];
  /** Rows of a table, some at a time. @throws {StoreError} `store.backup_failed` - the file is damaged */
  rows(table: string, only?: OnlyRows): AsyncIterable<readonly BackupRow[]>;
  close(): void;
}

/** Rows that are read, and written, at once. */
export const rowsInBite = 500;
