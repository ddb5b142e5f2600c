import { Option } from 'commander';
import { settings } from '../settings/settings.ts';
import { CommandFailure } from './command-failure.ts';
import { wholeNumber } from './listen-options.ts';

/** `--database-url`: the Postgres store. */
export function databaseOption(): Option {
  return new Option('--database-url <url>', 'postgres://user:password@host:port/database').env('RUNCTL_DATABASE_URL');
}

/**
 * The address as it is, once it looks like one. The message never repeats it: it holds a password.
 *
 * @throws {CommandFailure}
 */
export function checkedDatabaseUrl(url: string): string {
  const problem = settings.find(({ name }) => name === 'RUNCTL_DATABASE_URL')?.check(url);
  if (problem === undefined) return url;
  throw new CommandFailure(`--database-url or RUNCTL_DATABASE_URL ${problem}.`);
}

/** `--database-wait`: how long a start waits for the database. */
export function databaseWaitOption(): Option {
  return new Option('--database-wait <seconds>', 'how long to wait for a database that does not answer yet')
    .env('RUNCTL_DATABASE_WAIT_SECONDS')
    .default(60)
    .argParser((text) => wholeNumber(text, 86_400));
}

/** `--migrate`: what to do with an older schema at a start. */
export function migrateOption(): Option {
  return new Option('--migrate <mode>', 'what to do with an older schema: bring it up to date, or refuse to start')
    .env('RUNCTL_MIGRATE')
    .choices(['auto', 'refuse'])
    .default('auto');
}
