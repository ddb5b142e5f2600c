import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { type LocalConnection, readConnection } from '../connection-file.ts';

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
  /** What to do where the key is not accepted. */
  remedy: string;
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
 * no other, while it runs.
 *
 * @throws {CommandFailure} The address is none, or there is no key.
 */
export function findConnection(options: ConnectionOptions, env: NodeJS.ProcessEnv): Connection {
  const found = readConnection(resolve(options.data));
  const local = found === 'stopped' ? undefined : found;
  const given = options.url?.trim();
  const url = given ? checkedUrl(given) : (local?.url ?? 'http://127.0.0.1:4700');
  const remedy = 'Set RUNCTL_API_KEY to a key of this runtime.';
  if (options.apiKeyFile !== undefined) {
    return { url, apiKey: keyIn(options.apiKeyFile), keySource: options.apiKeyFile, remedy };
  }
  const apiKey = env.RUNCTL_API_KEY?.trim();
  if (apiKey) return { url, apiKey, keySource: 'RUNCTL_API_KEY', remedy };
  // By the address that the folder names: behind another name of this machine something else may listen.
  if (local !== undefined && isSameServer(local.url, url)) return ofFolder(local, options.data);
  if (found === 'stopped' && !given) {
    throw new CommandFailure(
      `The runtime of ${options.data} does not run. Start it with \`runctl dev\`, ` +
        'or name another one with RUNCTL_BASE_URL and RUNCTL_API_KEY.',
    );
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

function ofFolder(local: LocalConnection, folder: string): Connection {
  const data = folder === '.runctl' ? '' : ` --data ${folder}`;
  return {
    ...local,
    keySource: `${folder}/connection.json`,
    remedy: `Make another: export RUNCTL_API_KEY="$(runctl keys create${data})"`,
  };
}

/** @throws {CommandFailure} It is no address of HTTP. */
function checkedUrl(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  const meant = `http://${text}`;
  const hint = /^[\w.[\]:-]+(\/.*)?$/.test(text) && URL.canParse(meant) ? ` Did you mean ${meant}?` : '';
  throw new CommandFailure(
    `--url or RUNCTL_BASE_URL must be an address such as http://127.0.0.1:4700, not ${JSON.stringify(text)}.${hint}`,
  );
}

function isSameServer(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && serverOf(one) === serverOf(other);
}

/** The names that this machine has for itself are one. */
function serverOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  return `${protocol}//${/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'localhost' : hostname}:${port}`;
}
