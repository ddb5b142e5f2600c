import type { Command } from 'commander';
import { backupCommand } from './backup.ts';
import { configCommand } from './config.ts';
import { devCommand } from './dev.ts';
import { doctorCommand } from './doctor.ts';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { restoreCommand } from './restore.ts';
import { secretsCommand } from './secrets.ts';
import { serveCommand, workerCommand } from './serve.ts';
import { tenantsCommand } from './tenants.ts';

/** What runs a runtime and looks after it. Loading these loads the runtime, so the commands that only speak to one do not. */
export function operatorCommands(): Command[] {
  return [
    devCommand(),
    serveCommand(),
    workerCommand(),
    migrateCommand(),
    doctorCommand(),
    backupCommand(),
    restoreCommand(),
    keysCommand(),
    tenantsCommand(),
    secretsCommand(),
    configCommand(),
  ];
}
