import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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

/**
 * @param {import('node:child_process').ChildProcess} child that led a group and has ended
 * @returns {boolean} whether anything of the group still runs; false where groups are unknown
 */
export function isGroupAlive(child) {
  if (child.pid === undefined || process.platform === 'win32' || !answers(-child.pid)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isRunning(Number(name), child.pid));
}

/**
 * @param {number} pid
 * @param {number} [group] only where it belongs to this group (Linux)
 * @returns {boolean} whether the process is there, and is not merely one that ended and that nobody has asked about yet
 */
export function isRunning(pid, group) {
  if (process.platform !== 'linux') return answers(pid);
  try {
    // "pid (name) state parent group …"; a name may hold anything, a parenthesis too.
    const [state, , itsGroup] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return !['Z', 'X'].includes(state) && (group === undefined || Number(itsGroup) === group);
  } catch {
    return false;
  }
}

function answers(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function endAll(signal) {
  for (const child of running) endProcessTree(child);
  process.exit(signal === 'SIGINT' ? 130 : 143);
}
