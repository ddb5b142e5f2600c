import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** Where npm has no workerd, for this system or for want of a network. */
export class WorkerdMissing extends Error {}

const port = 8787;

/** Serves dist/worker.js by config.capnp. npx brings workerd, about 40 MB the first time. */
export async function startWorkerd() {
  const args = ['--yes', '--package=workerd@1.20261117.1', 'workerd', 'serve', 'config.capnp'];
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
    if (isPosix && child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    else child.kill();
  };
  process.once('exit', stop);
  const url = `http://127.0.0.1:${port}`;
  while (!(await listens(url))) {
    if (child.exitCode !== null) throw new WorkerdMissing(output.trim().split('\n').at(-1));
    await pause(50);
  }
  return { url, stop };
}

async function listens(url: string): Promise<boolean> {
  return fetch(url, { method: 'HEAD' }).then(
    () => true,
    () => false,
  );
}
