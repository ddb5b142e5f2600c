import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { readConnection } from '../connection-file.ts';

/** What every command takes that speaks to a runtime. */
export interface ConnectionOptions {
  url?: string;
  apiKeyFile?: string;
  data: string;
  json?: boolean;
}

/** Where a runtime is, and the key to it. */
export interface Connection {
  url: string;
  apiKey: string;
  /** Where the key came from, in words for an error. */
  keySource: string;
}

/** A command that speaks to a runtime. A key is none of its options: every user of a machine sees those. */
export function command(name: string): Command {
  const heading = 'Connection:';
  return new Command(name)
    .addOption(new Option('--json', 'print JSON for scripts, and nothing else').helpGroup('Output:'))
    .addOption(
      new Option('--url <url>', 'where the runtime is (default: that of the folder, else http://127.0.0.1:4700)')
        .env('RUNCTL_BASE_URL')
        .helpGroup(heading),
    )
    .addOption(
      new Option(
        '--api-key-file <file>',
        'a file with the key (default: RUNCTL_API_KEY, else that of the folder)',
      ).helpGroup(heading),
    )
    .addOption(
      new Option('--data <folder>', 'folder of a runtime of your own on this machine')
        .env('RUNCTL_DATA')
        .default('.runctl')
        .helpGroup(heading),
    );
}

/**
 * Where to, and with which key. The key that `runctl dev` left in its folder goes to the address that it left there and to
 * no other.
 *
 * @throws {CommandFailure} There is no key.
 */
export function findConnection(options: ConnectionOptions, env: NodeJS.ProcessEnv): Connection {
  const local = readConnection(resolve(options.data));
  const url = options.url?.trim() || local?.url || 'http://127.0.0.1:4700';
  if (options.apiKeyFile !== undefined) {
    return { url, apiKey: keyIn(options.apiKeyFile), keySource: options.apiKeyFile };
  }
  const apiKey = env.RUNCTL_API_KEY?.trim();
  if (apiKey) return { url, apiKey, keySource: 'RUNCTL_API_KEY' };
  if (local !== undefined && sameOrigin(local.url, url)) {
    return { url, apiKey: local.apiKey, keySource: `${options.data}/connection.json` };
  }
  throw new CommandFailure(
    `There is no API key for ${url}. Set RUNCTL_API_KEY, or name a file with --api-key-file. ` +
      'A new runtime shows its key at its first start (runctl dev); in its folder no key is needed.',
  );
}

function keyIn(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new CommandFailure(`The file of --api-key-file cannot be read: ${(error as Error).message}`);
  }
  if (text === '' || /\s/.test(text)) throw new CommandFailure(`${file} must hold one API key and nothing else.`);
  return text;
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
