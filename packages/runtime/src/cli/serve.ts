import { Command, Option } from 'commander';
import { startRuntime, startWorker } from '../runtime.ts';
import { databaseOption } from './database-option.ts';
import { hostOption, portOption, slotsOption, wholeNumber } from './listen-options.ts';
import { runUntilToldToEnd } from './process-life.ts';

interface ServeOptions {
  databaseUrl: string;
  host: string;
  port: number;
  slots: number;
  grace: number;
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
    .addOption(portOption())
    .addOption(hostOption('0.0.0.0'))
    .addOption(slotsOption())
    .addOption(graceOption())
    .action(async (options: ServeOptions) => {
      await runUntilToldToEnd(options.grace * 1_000, async () => {
        const runtime = await startRuntime({ ...options, env: process.env });
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
    .addOption(slotsOption())
    .addOption(graceOption())
    .action(async (options: Pick<ServeOptions, 'databaseUrl' | 'slots' | 'grace'>) => {
      await runUntilToldToEnd(options.grace * 1_000, async () => {
        const worker = await startWorker({ ...options, env: process.env });
        process.stdout.write(`Runctl works on tasks, ${options.slots} at once\n`);
        return worker;
      });
    });
}
