import { spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Where npm has no workerd, for this system or for want of a network. */
export class WorkerdMissing extends Error {}

/** npm is asked once, and does not wait for a network that is not there. */
const npx = ['--yes', '--prefer-offline', '--fetch-retries=0', '--package=workerd@1.20261117.1'];

/** Serves dist/worker.js by config.capnp. npx brings workerd, about 40 MB the first time. */
export async function startWorkerd() {
  const port = await freePort();
  const args = [...npx, 'workerd', 'serve', 'config.capnp', `--socket-addr=http=127.0.0.1:${port}`];
  const isPosix = process.platform !== 'win32';
  const child = spawn('npx', args, { stdio: ['ignore', 'pipe', 'pipe'], shell: !isPosix, detached: isPosix });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk);
    });
  }
  // npx leads a group of its own; workerd ends with it.
  const stop = () => {
    const runs = child.exitCode === null && child.signalCode === null;
    if (isPosix && child.pid !== undefined && runs) process.kill(-child.pid, 'SIGTERM');
    else child.kill();
  };
  process.once('exit', stop);
  const url = `http://127.0.0.1:${port}`;
  while (!(await listens(url))) {
    if (child.exitCode !== null || child.signalCode !== null) throw whyEnded(output);
    await pause(50);
  }
  return { url, stop };
}

function whyEnded(output: string): Error {
  const [npmSays] = /^npm error .*$/m.exec(output) ?? [];
  return npmSays === undefined ? new Error(`workerd ended: ${output}`) : new WorkerdMissing(npmSays);
}

async function listens(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD' }).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
