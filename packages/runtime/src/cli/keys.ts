import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { createApiKey } from '../services/bootstrap.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { StoreError } from '../store/store-error.ts';
import { CommandFailure } from './command-failure.ts';
import { dataOption } from './data-option.ts';

/** `runctl keys`. */
export function keysCommand(): Command {
  const create = new Command('create')
    .description('Make another API key for the tenant of this folder. The runtime must not be running meanwhile.')
    .argument('[name]', 'what the key is for', 'cli')
    .addOption(dataOption())
    .action((name: string, { data }: { data: string }) => createKey(resolve(data), name));
  return new Command('keys').description('API keys of the embedded store.').addCommand(create);
}

async function createKey(folder: string, name: string): Promise<void> {
  const store = open(folder);
  try {
    process.stdout.write(`${await createApiKey(store, name, Date.now())}\n`);
  } finally {
    await store.close();
  }
}

function open(folder: string) {
  if (!existsSync(join(folder, 'runctl.db'))) {
    throw new CommandFailure(
      `${folder} holds no data of Runctl. Name its folder with --data, or make one with runctl dev.`,
    );
  }
  try {
    return openSqliteStore({ folder });
  } catch (error) {
    if (error instanceof StoreError) throw new CommandFailure(error.message);
    throw error;
  }
}
