import { Command } from 'commander';
import { startRuntime, startWorker } from '../runtime.ts';
import type { Log } from '../telemetry/log.ts';
import { runtimeVersion } from '../version.ts';
import { CommandFailure } from './command-failure.ts';
import { checkedDatabaseUrl, databaseOption, databaseWaitOption, migrateOption } from './database-option.ts';
import { graceOption } from './grace-option.ts';
import { hostOption, portOption, slotsOption } from './listen-options.ts';
import { type MetricsOptions, metricsHostOption, metricsListener, metricsPortOption } from './metrics-options.ts';
import { runUntilToldToEnd } from './process-life.ts';
import { processLog } from './process-log.ts';

interface WorkerOptions extends MetricsOptions {
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
function databaseOf({ databaseUrl, databaseWait, migrate }: WorkerOptions, log: Log) {
  if (databaseUrl === undefined) {
    throw new CommandFailure('Name the database with --database-url or RUNCTL_DATABASE_URL. On a folder: runctl dev.');
  }
  const onWaiting = (reason: string, pauseMs: number) => log.warn('waits for the database', { reason, pauseMs });
  const database = { waitMs: databaseWait * 1_000, onWaiting, migrate };
  return { databaseUrl: checkedDatabaseUrl(databaseUrl), database, env: process.env, log };
}

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
    .addOption(graceOption(30))
    .addOption(metricsPortOption())
    .addOption(metricsHostOption())
    .addHelpText(
      'after',
      '\nExample:\n  RUNCTL_DATABASE_URL=postgres://runctl@db/runctl runctl serve --port 8080 --slots 0',
    )
    .action(async (options: ServeOptions) => {
      const log = processLog('serve');
      const database = databaseOf(options, log);
      const { host, port, slots } = options;
      await runUntilToldToEnd(options.grace * 1_000, log, async () => {
        const runtime = await startRuntime({ ...database, ...metricsListener(options), host, port, slots });
        const key = runtime.newApiKey === undefined ? '' : `, first API key, shown once: ${runtime.newApiKey}`;
        process.stdout.write(`Runctl serves ${runtime.url}${key}\n`);
        const { url, metricsUrl } = runtime;
        log.info('started', { version: runtimeVersion, url, metricsUrl, slots });
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
    .addOption(graceOption(30))
    .addOption(metricsPortOption())
    .addOption(metricsHostOption())
    .addHelpText('after', '\nExample:\n  RUNCTL_DATABASE_URL=postgres://runctl@db/runctl runctl worker --slots 64')
    .action(async (options: WorkerOptions) => {
      const log = processLog('worker');
      const database = databaseOf(options, log);
      const { slots } = options;
      await runUntilToldToEnd(options.grace * 1_000, log, async () => {
        const worker = await startWorker({ ...database, ...metricsListener(options), slots });
        process.stdout.write(`Runctl works on tasks, ${slots} at once\n`);
        log.info('started', { version: runtimeVersion, metricsUrl: worker.metricsUrl, slots });
        return worker;
      });
    });
}
