import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { expect } from 'vitest';
import type { DataPlace } from '../faults/home-reader.test-rig.ts';
import { runCommand, startCommand, startRuntimeProcess } from '../runtime-process.test-rig.ts';

// What is said at each request is nothing to a test.
process.env.RUNCTL_LOG_LEVEL ??= 'error';

/** A home without data, and how commands name it. */
export interface BareHome {
  readonly place: DataPlace;
  /** `--data ...` or `--database-url ...` */
  readonly options: readonly string[];
  remove(): void;
}

/** A runtime in a process of its own. */
export interface StartedRuntime {
  url: string;
  /** Of the first start alone. */
  apiKey: string;
  kill(): Promise<void>;
}

let server: PostgresServer | undefined;
const bin = findPostgres();

/** The homes that this machine can run. */
export const bareHomes: readonly { name: string; create: () => Promise<BareHome> }[] = [
  { name: 'a folder', create: async () => bareFolder() },
  ...(bin === undefined ? [] : [{ name: 'Postgres', create: () => bareDatabase(bin) }]),
];

/** A folder that is not there yet. */
export function bareFolder(): BareHome {
  const parent = mkdtempSync(join(tmpdir(), 'runctl-operator-'));
  const folder = join(parent, 'data');
  const remove = () => rmSync(parent, { recursive: true, force: true });
  return { place: { folder }, options: ['--data', folder], remove };
}

async function bareDatabase(programs: string): Promise<BareHome> {
  server ??= await startPostgres(programs);
  const databaseUrl = server.createDatabase();
  return { place: { databaseUrl }, options: ['--database-url', databaseUrl], remove: () => undefined };
}

/** After the last test of a file. */
export async function stopHomes(): Promise<void> {
  await server?.stop();
  server = undefined;
}

/** Starts what serves this kind of home. */
export async function startOn({ place }: BareHome): Promise<StartedRuntime> {
  if ('folder' in place) {
    const { url, apiKey = '', kill } = await startRuntimeProcess(place.folder);
    return { url, apiKey, kill };
  }
  const serve = ['serve', '--database-url', place.databaseUrl, '--host', '127.0.0.1', '--port', '0'];
  const { firstLine, kill } = await startCommand(...serve);
  const [url = ''] = /http:\S+\d/.exec(firstLine) ?? [];
  const [apiKey = ''] = /rctl_\w+/.exec(firstLine) ?? [];
  return { url, apiKey, kill };
}

/** Runs a command that has to succeed, and reads what it prints as JSON. */
export async function json<Value>(...args: string[]): Promise<Value> {
  const { code, output, errors } = await runCommand(...args, '--json');
  expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' });
  return JSON.parse(output) as Value;
}
