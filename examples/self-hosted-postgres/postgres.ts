import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const debianFolder = '/usr/lib/postgresql';

/** Where Postgres' programs are; undefined where it is not installed. */
export function findPostgres(): string | undefined {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const folders = [...versions.map((version) => join(debianFolder, version, 'bin')), onPath.stdout?.trim() ?? ''];
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'initdb')));
}

/** Starts a Postgres on a free port, in a folder that is removed when it stops. */
export async function startPostgres(bin: string) {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-example-'));
  // Postgres refuses to run as root, as one is in a container: there it runs as its own user.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const how = { cwd: folder, stdio: 'ignore' as const, ...user };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'runctl', '-A', 'trust', '-E', 'UTF8', '--locale=C'], how);

  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((each) => ['-c', each])], how);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  // Whatever ends this program ends what it started.
  process.once('exit', () => server.kill('SIGKILL'));
  // By its socket, which is nobody else's.
  while (spawnSync(join(bin, 'pg_isready'), ['-h', folder, '-p', String(port)]).status !== 0) {
    if (server.exitCode !== null) throw new Error(`Postgres ended with exit code ${server.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `postgres://runctl@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
}
