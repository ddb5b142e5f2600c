import { resolve } from 'node:path';
import { Command } from 'commander';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { restoreFolder } from '../store/operator/backup-folder.ts';
import { openBackup } from '../store/operator/open-backup.ts';
import { type RestoredTenant, restoreTenant } from '../store/operator/restore-tenant.ts';
import { readSecretBox } from '../store/secret-box.ts';
import { type BackupOptions, reportCopy } from './backup.ts';
import { CommandFailure } from './command-failure.ts';
import { examples } from './examples-text.ts';
import { inHome, withHome } from './home-options.ts';
import { printJson } from './print-table.ts';

interface RestoreOptions extends BackupOptions {
  tenant?: string;
  replace: boolean;
}

/** `runctl restore`. */
export function restoreCommand(): Command {
  return withHome(new Command('restore'))
    .description(
      'Put a backup into a folder or a database that holds no data; or, with --tenant, one tenant of it into one that ' +
        'others go on using. What starts there goes on as after a crash at the moment of the backup: do not let the old ' +
        'one run on beside it.',
    )
    .argument('<file>', 'what runctl backup has written')
    .option('--tenant <id>', 'only this tenant; a runtime may be running meanwhile')
    .option('--replace', 'in the place of the tenant that is there: what it has done since is lost', false)
    .option('--json', 'one JSON value', false)
    .addHelpText(
      'after',
      examples(
        'runctl restore backups/2026-11-21.db --data /var/lib/runctl',
        'runctl restore runctl.dump --database-url postgres://runctl@db/restored',
        'runctl restore runctl.dump --tenant tnt_01K... --database-url postgres://runctl@db/runctl',
      ),
    )
    .action((file: string, options: RestoreOptions) => {
      const { tenant, replace } = options;
      if (tenant !== undefined) return restoreOne(resolve(file), tenant, options);
      if (replace) throw new CommandFailure('--replace is about one tenant. Name it with --tenant.');
      return restoreAll(file, options);
    });
}

function restoreAll(file: string, options: RestoreOptions): Promise<void> {
  return reportCopy(['restoring', 'restored'], file, options, async (path, location) =>
    'folder' in location
      ? restoreFolder(path, location.folder)
      : (await import('../store/operator/backup-postgres.ts')).restorePostgres(path, location.databaseUrl),
  );
}

function restoreOne(file: string, tenantId: string, options: RestoreOptions): Promise<void> {
  return inHome(options, async (home) => {
    const backup = await openBackup(file);
    try {
      const restored = await restoreTenant(home, backup, {
        tenantId,
        replace: options.replace,
        secrets: readSecretBox(process.env),
        now: Date.now,
        note: (transaction) => new OperatorAccounts(home).noteRestore(transaction, tenantId),
        onProgress: (table, rows) => process.stderr.write(`runctl: ${table}: ${rows} rows restored\n`),
      });
      if (options.json) printJson(restored);
      else process.stdout.write(sentence(restored));
    } finally {
      backup.close();
    }
  });
}

function sentence({ name, tenantId, rows, requeuedTasks, status }: RestoredTenant): string {
  const goesOn = `${requeuedTasks === 1 ? '1 task goes' : `${requeuedTasks} tasks go`} on after the last committed step`;
  const isSuspended = status === 'active' ? '' : ` It is ${status}: runctl tenants resume ${tenantId}`;
  return `${name} (${tenantId}) is restored, with ${rows} rows; ${goesOn}.${isSuspended}\n`;
}
