import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Backup } from '../store/operator/backup.ts';
import { backUpFolder } from '../store/operator/backup-folder.ts';
import { examples } from './examples-text.ts';
import { explained, type HomeOptions, locationOf, withHome } from './home-options.ts';
import { printJson } from './print-table.ts';

/** What copies of all data are asked with. */
export interface BackupOptions extends HomeOptions {
  json: boolean;
}

/** `runctl backup`. */
export function backupCommand(): Command {
  return withHome(new Command('backup'))
    .description(
      'Write all data to one file, while a runtime goes on working. It holds what was committed when it began. ' +
        'On Postgres by pg_dump.',
    )
    .argument('<file>', 'a new file; readable by you alone')
    .option('--json', 'one JSON value', false)
    .addHelpText(
      'after',
      examples(
        'runctl backup "backups/$(date +%F).db"',
        'runctl backup runctl.dump --database-url postgres://runctl@db/runctl',
      ),
    )
    .action((file: string, options: BackupOptions) =>
      reportCopy(['backing up', 'backed up'], file, options, async (path, location) =>
        'folder' in location
          ? backUpFolder(location.folder, path)
          : (await import('../store/operator/backup-postgres.ts')).backUpPostgres(location.databaseUrl, path),
      ),
    );
}

/** Makes or takes in a copy of all data, and says how it went. */
export function reportCopy(
  [doing, done]: readonly [string, string],
  file: string,
  options: BackupOptions,
  work: (path: string, location: ReturnType<typeof locationOf>) => Promise<Backup>,
): Promise<void> {
  return explained(async () => {
    const startedAt = performance.now();
    const path = resolve(file);
    if (process.stderr.isTTY) process.stderr.write(`runctl: ${doing} ...\n`);
    const { bytes, schema } = await work(path, locationOf(options));
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (options.json) printJson({ file: path, bytes, schema: schema.at(-1) });
    else process.stdout.write(`${megabytes(bytes)} ${done} in ${seconds} s: ${path}\n`);
  });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
