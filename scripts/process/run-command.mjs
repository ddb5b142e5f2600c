import { spawn } from 'node:child_process';
import { endProcessTree, isGroupAlive, trackProcess } from './process-tree.mjs';

/** Of a command's output only the end is kept, characters: enough to read why it failed. */
const keptOutput = 400_000;

/**
 * @typedef {object} CommandResult
 * @property {number} code the exit code; 1 where the command was killed or never started
 * @property {string} output standard output and error, as they came
 * @property {number} seconds
 * @property {boolean} timedOut
 * @property {boolean} notFound there is no such command
 * @property {boolean} leftRunning it ended, but something that it had started did not, and was killed (POSIX)
 */

/**
 * Runs a command to its end without standard input, and gives back what it printed. Never rejects for an exit code.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, shell?: boolean }} [options]
 *   `timeoutMs`: the command and its children are killed after so long. Default 10 minutes.
 * @returns {Promise<CommandResult>}
 */
export function runCommand(command, args, { cwd, env = process.env, timeoutMs = 600_000, shell = false } = {}) {
  const started = performance.now();
  const { promise, resolve } = withResolvers();
  const child = spawn(command, args, {
    cwd,
    env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0' },
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that its children end with it.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const untrack = trackProcess(child);
  let output = '';
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endProcessTree(child);
  }, timeoutMs);
  const finish = (code, notFound) => {
    clearTimeout(timer);
    const leftRunning = !timedOut && isGroupAlive(child);
    if (leftRunning) endProcessTree(child);
    untrack();
    resolve({ code, output, seconds: (performance.now() - started) / 1000, timedOut, notFound, leftRunning });
  };
  const keep = (chunk) => {
    output = (output + chunk).slice(-keptOutput);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => {
    output += error.message;
    finish(1, error.code === 'ENOENT');
  });
  child.on('close', (code) => finish(timedOut ? 1 : (code ?? 1), false));
  return promise;
}

/**
 * Runs a command on this process's own terminal, and gives back its exit code.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>}
 */
export function runAttached(command, args, { cwd, env = process.env } = {}) {
  const { promise, resolve } = withResolvers();
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
  const forward = (signal) => {
    // Ctrl+C on a terminal reaches the child by itself; a second one would end it at once.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward);
  child.on('error', (error) => {
    console.error(error.message);
    resolve(1);
  });
  child.on('close', (code) => resolve(code ?? 1));
  return promise.finally(() => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, forward);
  });
}

/** `Promise.withResolvers`, which Node 20 has not. */
function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
