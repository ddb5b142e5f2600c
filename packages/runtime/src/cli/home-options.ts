import type { Command } from 'commander';
import { openOperatorHome } from '../store/operator/open-operator-home.ts';
import type { OperatorHome } from '../store/operator/operator-home.ts';
import { readSecretBox } from '../store/secret-box.ts';
import { endWhenNobodyReads } from './closed-pipe.ts';
import { dataOption } from './data-option.ts';
import { checkedDatabaseUrl, databaseOption } from './database-option.ts';
import { explainedFailure } from './explained-failure.ts';

/** Which home a command of the operator is about. */
export interface HomeOptions {
  data: string;
  databaseUrl?: string;
}

/** Adds `--data` and `--database-url`; the second wins. */
export function withHome(command: Command): Command {
  return command.addOption(dataOption()).addOption(databaseOption()).hook('preAction', endWhenNobodyReads);
}

/** Where the data is. @throws {CommandFailure} The address is none. */
export function locationOf({ data, databaseUrl }: HomeOptions): { folder: string } | { databaseUrl: string } {
  return databaseUrl === undefined ? { folder: data } : { databaseUrl: checkedDatabaseUrl(databaseUrl) };
}

/** Opens the home, which a runtime may be running on, and closes it behind the work. @throws {CommandFailure} */
export async function inHome<Result>(
  options: HomeOptions,
  work: (home: OperatorHome) => Promise<Result>,
): Promise<Result> {
  return explained(async () => {
    const home = await openOperatorHome(locationOf(options), readSecretBox(process.env));
    try {
      return await work(home);
    } finally {
      await home.close();
    }
  });
}

/** A store that cannot be used, or an id that is none, is something to say, not a crash. @throws {CommandFailure} */
export async function explained<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw explainedFailure(error);
  }
}
