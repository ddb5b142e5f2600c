import type { PostgresFacts } from '../../store/operator/inspect-postgres.ts';
import { StoreError } from '../../store/store-error.ts';
import { checkSchema } from './check-schema.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const oldestVersion = 150_000;
/** Deadlines and claims are compared with clocks: beyond this they are visibly wrong, milliseconds. */
const skewToLookAt = 1_000;
const skewTooFar = 10_000;
/** Of one process: a pool of ten, and one for notifications. */
const connectionsOfOne = 11;

/** The database: whether it answers, its version, clock, durability, room for connections, schema. */
export async function checkPostgres(url: string): Promise<Finding[]> {
  try {
    // The driver is loaded by who has a database to look at.
    const { inspectPostgres } = await import('../../store/operator/inspect-postgres.ts');
    const facts = await inspectPostgres(url);
    return [
      ok('database', `answers in ${facts.roundTripMs} ms`),
      checkVersion(facts),
      checkClock(facts),
      checkDurability(facts),
      checkConnections(facts),
      checkSchema(facts.schema),
    ];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return [problem('database', error.message, 'start it, or correct RUNCTL_DATABASE_URL')];
  }
}

function checkVersion({ version }: PostgresFacts): Finding {
  const found = `Postgres ${Math.floor(version / 10_000)}.${version % 10_000}`;
  return version < oldestVersion ? problem('version', found, 'use Postgres 15 or newer') : ok('version', found);
}

function checkClock({ clockAheadMs }: PostgresFacts): Finding {
  const found = `the clock of the database is ${Math.abs(clockAheadMs)} ms ${clockAheadMs < 0 ? 'behind' : 'ahead'}`;
  const advice = 'set both clocks by NTP';
  if (Math.abs(clockAheadMs) > skewTooFar) return problem('clock', found, advice);
  return Math.abs(clockAheadMs) > skewToLookAt ? warning('clock', found, advice) : ok('clock', found);
}

function checkDurability({ isDurable }: PostgresFacts): Finding {
  if (isDurable) return ok('durability', 'a commit that is answered is on the disk');
  return problem(
    'durability',
    'a crash of the database may lose what was committed',
    'set fsync and synchronous_commit to on',
  );
}

function checkConnections({ freeConnections }: PostgresFacts): Finding {
  const found = `${freeConnections} free; a process takes up to ${connectionsOfOne}`;
  if (freeConnections >= connectionsOfOne) return ok('connections', found);
  return warning('connections', found, 'raise max_connections of the database, or run fewer processes');
}
