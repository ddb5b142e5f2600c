import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { type AgentsAtWork, startAgentsAtWork } from '../agents-at-work.test-rig.ts';

const bin = findPostgres();
let server: Promise<PostgresServer> | undefined;

async function onPostgres(): Promise<AgentsAtWork> {
  server ??= startPostgres(bin ?? '');
  return startAgentsAtWork((await server).createDatabase());
}

/** A runtime on each home that this machine can run: every suite over them shows one behaviour. */
export const runtimeHomes: readonly { name: string; start: () => Promise<AgentsAtWork> }[] = [
  { name: 'sqlite', start: () => startAgentsAtWork() },
  ...(bin === undefined ? [] : [{ name: 'postgres', start: onPostgres }]),
];

/** Ends what the homes started; after the last suite of a file. */
export async function stopRuntimeHomes(): Promise<void> {
  await (await server)?.stop();
  server = undefined;
}
