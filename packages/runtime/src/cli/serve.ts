import { Command, Option } from 'commander';
import { startRuntime, startWorker } from '../runtime.ts';
import { CommandFailure } from './command-failure.ts';
import {
  checkedDatabaseUrl,
  databaseOption,
  databaseWaitOption,
  migrateOption,
  sayWaiting,
} from './database-option.ts';
import { hostOption, portOption, slotsOption, wholeNumber } from './listen-options.ts';
import { runUntilToldToEnd } from './process-life.ts';

interface WorkerOptions {
  databaseUrl?: string;
  databaseWait: number;
  migrate: 'auto' | 'refuse';
  slots: number;
  grace: number;
}

interface ServeOptions extends WorkerOptions {
  host: string;
  port: number;
}

/** Where the data is, and how a start on it goes. */
function databaseOf({ databaseUrl, databaseWait, migrate }: WorkerOptions) {
  if (databaseUrl === undefined) {
    throw new CommandFailure('Name the database with --database-url or RUNCTL_DATABASE_URL. On a folder: runctl dev.');
  }
  const database = { waitMs: databaseWait * 1_000, onWaiting: sayWaiting, migrate };
  return { databaseUrl: checkedDatabaseUrl(databaseUrl), database, env: process.env };
}

const graceOption = () =>
  new Option('--grace <seconds>', 'how long tasks may finish their step when told to end')
    .env('RUNCTL_GRACE_SECONDS')
    .default(30)
    .argParser((text) => wholeNumber(text, 3_600));

/** `runctl serve`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Answer the API on Postgres, and run tasks too unless --slots is 0. Any number of these may run.')
    .addOption(databaseOption())
    .addOption(databaseWaitOption())
    .addOption(migrateOption())
    .addOption(portOption())
    .addOption(hostOption('0.0.0.0'))
    .addOption(slotsOption())
    .addOption(graceOption())
    .addHelpText(
      'after',
      '\nExample:\n  RUNCTL_DATABASE_URL=postgres://runctl@db/runctl runctl serve --port 8080 --slots 0',
    )
    .action(async (options: ServeOptions) => {
      const database = databaseOf(options);
      const { host, port, slots } = options;
      await runUntilToldToEnd(options.grace * 1_000, async () => {
        const runtime = await startRuntime({ ...database, host, port, slots });
        const key = runtime.newApiKey === undefined ? '' : `, first API key, shown once: ${runtime.newApiKey}`;
        process.stdout.write(`Runctl serves ${runtime.url}${key}\n`);
        return runtime;
      });
    });
}

/** `runctl worker`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('Run tasks of a Postgres store, and answer no requests. Any number of these may run.')
    .addOption(databaseOption())
    .addOption(databaseWaitOption())
    .addOption(migrateOption())
    .addOption(slotsOption())
    .addOption(graceOption())
    .addHelpText('after', '\nExample:\n  RUNCTL_DATABASE_URL=postgres://runctl@db/runctl runctl worker --slots 64')
    .action(async (options: WorkerOptions) => {
      const database = databaseOf(options);
      await runUntilToldToEnd(options.grace * 1_000, async () => {
        const worker = await startWorker({ ...database, slots: options.slots });
        process.stdout.write(`Runctl works on tasks, ${options.slots} at once\n`);
        return worker;
      });
    });
}
