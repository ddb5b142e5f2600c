import { Command } from 'commander';
import { migrateHome, readSchema } from '../store/operator/migrate-home.ts';
import { examples } from './examples-text.ts';
import { explained, type HomeOptions, locationOf, withHome } from './home-options.ts';
import { printJson } from './print-table.ts';

interface MigrateOptions extends HomeOptions {
  dryRun: boolean;
  json: boolean;
}

/** `runctl migrate`. */
export function migrateCommand(): Command {
  return withHome(new Command('migrate'))
    .description('Bring the schema up to date. Migrations only go forward; the way back is a backup.')
    .option('--dry-run', 'list what is pending, and change nothing', false)
    .option('--json', 'one JSON value', false)
    .addHelpText(
      'after',
      examples('runctl migrate --dry-run', 'runctl migrate --database-url postgres://runctl@db/runctl'),
    )
    .action((options: MigrateOptions) => explained(() => (options.dryRun ? listPending(options) : migrate(options))));
}

async function listPending(options: MigrateOptions): Promise<void> {
  const { pending, applied } = await readSchema(locationOf(options));
  const names = pending.map(({ name }) => name);
  if (options.json) printJson({ applied, pending: names });
  else if (names.length === 0) process.stdout.write(upToDate);
  else process.stdout.write(`Pending, oldest first:\n${names.map((name) => `  ${name}\n`).join('')}`);
}

const upToDate = 'The schema is up to date.\n';

async function migrate(options: MigrateOptions): Promise<void> {
  const applied: string[] = [];
  await migrateHome(locationOf(options), {
    onApplied: (name, tookMs) => {
      applied.push(name);
      process.stderr.write(`runctl: ${name} applied in ${Math.ceil(tookMs)} ms\n`);
    },
  });
  if (options.json) printJson({ applied });
  else process.stdout.write(upToDate);
}
