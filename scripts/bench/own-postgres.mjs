// A Postgres of its own for a benchmark, as the tests have one: with all that makes commits durable.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const source = new URL('../../packages/testkit/src/postgres-server.ts', import.meta.url);

/**
 * Starts the machine's Postgres on a free port of loopback.
 *
 * @returns {Promise<import('../../packages/testkit/src/postgres-server.ts').PostgresServer>}
 */
export async function startOwnPostgres() {
  // The tests' own, which nothing builds: it is one file and imports only what Node has.
  const { code } = await transform(await readFile(source, 'utf8'), { loader: 'ts', format: 'esm' });
  const { findPostgres, startPostgres } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const bin = findPostgres();
  if (bin === undefined) throw new Error('No Postgres was found. On Debian: apt install postgresql.');
  return startPostgres(bin);
}

/** User and system time of a Postgres and of the sessions that it has or had, on Linux; NaN elsewhere. */
export function cpuMicrosecondsOf(databaseUrl) {
  try {
    const port = new URL(databaseUrl).port;
    const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? statOf(name) : []));
    const postmaster = all.find(({ pid }) => commandOf(pid).includes(`port=${port}`));
    const sessions = all.filter(({ parent }) => parent === postmaster?.pid);
    // Those that have ended are counted by the one that started them.
    const ticks = sessions.reduce((sum, { own }) => sum + own, postmaster.own + postmaster.ofEnded);
    return ticks * 10_000;
  } catch {
    return Number.NaN;
  }
}

function statOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [parent, user, system, userOfEnded, systemOfEnded] = [1, 11, 12, 13, 14].map((at) => Number(fields[at]));
    return [{ pid: Number(pid), parent, own: user + system, ofEnded: userOfEnded + systemOfEnded }];
  } catch {
    return [];
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
