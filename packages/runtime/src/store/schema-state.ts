import { type Migration, migrations } from './migrations/index.ts';
import { StoreError } from './store-error.ts';

/** How a schema stands to the migrations that this version knows. */
export interface SchemaState {
  /** Applied, by name. */
  readonly applied: readonly string[];
  /** Known and not applied, oldest first. */
  readonly pending: readonly Migration[];
  /** Applied and not known: a newer version has been here. */
  readonly unknown: readonly string[];
}

/** What to do with an older schema: bring it up to date, or refuse to start. */
export type MigrateMode = 'auto' | 'refuse';

/** What a round of migrations tells and is told. */
export interface MigrateOptions {
  /** Default `auto`. */
  mode?: MigrateMode;
  /** Told of each migration once it is committed. */
  onApplied?(name: string, tookMs: number): void;
}

/** Judges by the names of the migrations that were applied. */
export function schemaStateOf(applied: readonly string[], known: readonly Migration[] = migrations): SchemaState {
  const names = new Set(applied);
  const knownNames = new Set(known.map(({ name }) => name));
  return {
    applied,
    pending: known.filter(({ name }) => !names.has(name)),
    unknown: applied.filter((name) => !knownNames.has(name)),
  };
}

/**
 * The migrations to apply now.
 *
 * @throws {StoreError} `store.schema_newer` - a newer version has been here; `store.schema_older` - some are pending and
 *   the mode is `refuse`
 */
export function migrationsToApply({ pending, unknown }: SchemaState, mode: MigrateMode = 'auto'): readonly Migration[] {
  if (unknown.length > 0) throw new StoreError('store.schema_newer', newerMessage(unknown));
  if (pending.length > 0 && mode === 'refuse') throw new StoreError('store.schema_older', olderMessage(pending));
  return pending;
}

function newerMessage(unknown: readonly string[]): string {
  return (
    `The schema is newer than this version of Runctl: it has ${unknown.join(', ')}, and this version knows the ` +
    `migrations up to ${migrations.at(-1)?.name}. Start the version that made it, or a newer one. Migrations only go ` +
    'forward: the way back is a backup from before.'
  );
}

function olderMessage(pending: readonly Migration[]): string {
  return (
    `The schema is older than this version of Runctl: ${pending.map(({ name }) => name).join(', ')} ` +
    `${pending.length === 1 ? 'is' : 'are'} pending. Run runctl migrate first.`
  );
}
