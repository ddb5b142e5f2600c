import { spawnSync } from 'node:child_process';

const running = new Set();

/**
 * Remembers a child that leads a process group, so that it does not outlive this process.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} forgets it
 */
export function trackProcess(child) {
  if (running.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, endAll);
  running.add(child);
  return () => {
    running.delete(child);
    if (running.size === 0) for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, endAll);
  };
}

/**
 * Kills a child and all that it started.
 *
 * @param {import('node:child_process').ChildProcess} child started with `detached` (POSIX), so that it leads a group
 */
export function endProcessTree(child) {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(child.pid), '/T', '/F']);
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function endAll(signal) {
  for (const child of running) endProcessTree(child);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
