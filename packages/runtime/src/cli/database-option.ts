import { Option } from 'commander';

/** `--database-url`: the Postgres store. */
export function databaseOption(): Option {
  return new Option('--database-url <url>', 'postgres://user:password@host:port/database')
    .env('RUNCTL_DATABASE_URL')
    .makeOptionMandatory();
}
