import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Postgres of its own, on a free port of loopback, in a temporary folder. */
export interface PostgresServer {
  /** A new, empty database on it: `postgres://...` */
  createDatabase(): string;
  /** Ends it as an operator would, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
}

const debianFolder = '/usr/lib/postgresql';

/** Where the programs of the newest Postgres are; undefined where none is installed (Debian: `postgresql`). */
export function findPostgres(): string | undefined {
  if (existsSync(debianFolder)) {
    const versions = readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a));
    const found = versions
      .map((version) => join(debianFolder, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')));
    if (found !== undefined) return found;
  }
  const onPath = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  return onPath.status === 0 && existsSync(join(onPath.stdout.trim(), 'initdb')) ? onPath.stdout.trim() : undefined;
}

/** Postgres refuses to run as root: there it runs as its own user. */
function postgresUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Starts a Postgres with the programs in `bin`. Durability is on: what the tests show must hold. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-postgres-'));
  const user = postgresUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const run = { cwd: folder, stdio: 'ignore' as const, ...user };
  const how = ['-D', data, '-U', 'runctl', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(bin, 'initdb'), how, run);
  const start = (port: number) => startServer(bin, { data, folder, port, user });
  const started = await startOnFreePort(start);
  const { port } = started;
  let { server } = started;
  const adminUrl = `postgres://runctl@127.0.0.1:${port}/postgres`;
  let databases = 0;
  return {
    createDatabase() {
      databases += 1;
      const name = `runctl_${databases}`;
      execFileSync(join(bin, 'psql'), [adminUrl, '-qc', `CREATE DATABASE ${name}`], { stdio: 'ignore' });
      return `postgres://runctl@127.0.0.1:${port}/${name}`;
    },
    async restart() {
      await server.stop();
      server = await start(port);
    },
    async stop() {
      await server.abort();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that systems give to nobody by themselves: one stays with its server, also while that starts again. */
const firstPort = 20_000;
const ports = 10_000;
/** Another server may have the same one. */
const mostTries = 10;

async function startOnFreePort<Server>(start: (port: number) => Promise<Server>) {
  for (let tries = 1; ; tries += 1) {
    const port = firstPort + Math.floor(Math.random() * ports);
    try {
      return { port, server: await start(port) };
    } catch (error) {
      if (tries === mostTries) throw error;
    }
  }
}

async function startServer(
  bin: string,
  {
    data,
    folder,
    port,
    user,
  }: { data: string; folder: string; port: number; user: { uid: number; gid: number } | undefined },
) {
  const settings = [
    '-c',
    `port=${port}`,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    `unix_socket_directories=${folder}`,
  ];
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings], { cwd: folder, stdio: 'ignore', ...user });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  while (!saysReady(data, child.pid)) {
    if (child.exitCode !== null || child.signalCode !== null) {
      process.off('exit', kill);
      throw new RangeError(`Postgres ended at its start: ${child.exitCode ?? child.signalCode}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const end = async (signal: 'SIGINT' | 'SIGQUIT') => {
    child.kill(signal);
    await exited;
    process.off('exit', kill);
  };
  return {
    /** Fast shutdown: open connections are cut. */
    stop: () => end('SIGINT'),
    /** Immediate shutdown: writes nothing back, which takes seconds for many databases on a busy disk. */
    abort: () => end('SIGQUIT'),
  };
}

/** The server of this process id, and no other that may listen at the same port: it writes so beside its data. */
function saysReady(data: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}
