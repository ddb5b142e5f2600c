import type { SchemaState } from '../../store/schema-state.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** Whether a schema is this version's. */
export function checkSchema({ applied, pending, unknown }: SchemaState): Finding {
  if (unknown.length > 0) {
    return problem(
      'schema',
      `newer than this version: ${unknown.join(', ')}`,
      'start the version of Runctl that made it, or a newer one',
    );
  }
  if (applied.length === 0) return ok('schema', 'none yet; the first start makes it');
  if (pending.length > 0) {
    const names = pending.map(({ name }) => name).join(', ');
    return warning('schema', `older than this version: ${names} pending`, 'run runctl migrate, after runctl backup');
  }
  return ok('schema', `up to date: ${applied.at(-1)}`);
}
