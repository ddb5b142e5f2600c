import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endProcessTree, trackProcess } from './process-tree.mjs';
import { StepFailure } from './step-failure.mjs';

const startWithinMs = 60_000;
const stopWithinMs = 30_000;

/**
 * Starts `runctl dev` as it is installed in a project, in a folder of its own, on a port that the system chooses.
 *
 * @param {string} project with @runctl/runtime in its node_modules
 * @param {string} home where it runs, and so where it keeps its data
 * @param {Record<string, string>} [settings] variables that it gets besides this process's own
 * @returns {Promise<{ url: string, key: string, stop: () => Promise<void> }>} `stop` asks it to end, and fails where it
 *   does not
 */
export async function startRuntime(project, home, settings = {}) {
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [runtimeScript(project), 'dev', '--port', '0', '--json'], {
    cwd: home,
    env: { ...process.env, ...settings, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const untrack = trackProcess(child);
  let output = '';
  const keep = (chunk) => {
    output += chunk;
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise((resolve) => child.on('close', resolve)).finally(untrack);
  const { url, apiKey: key } = await readStart(() => output, child);
  return { url, key, stop: () => stop(child, ended, () => output) };
}

/** What it prints once it listens. */
async function readStart(output, child) {
  const deadline = performance.now() + startWithinMs;
  while (performance.now() < deadline && child.exitCode === null) {
    const line = output().match(/^\{"url":.*(?=\n)/m)?.[0];
    if (line) return JSON.parse(line);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  endProcessTree(child);
  throw new StepFailure(`runctl dev did not say where it listens within ${startWithinMs / 1000} s.`, output());
}

async function stop(child, ended, output) {
  child.kill('SIGTERM');
  const tooLate = new Promise((resolve) => setTimeout(resolve, stopWithinMs, 'too late').unref());
  if ((await Promise.race([ended, tooLate])) !== 'too late') return;
  endProcessTree(child);
  throw new StepFailure(`runctl dev did not end within ${stopWithinMs / 1000} s of SIGTERM.`, output());
}

/**
 * @param {string} project with @runctl/runtime in its node_modules
 * @returns {string} the file that is the command `runctl`
 */
export function runtimeScript(project) {
  const file = join(project, 'node_modules/@runctl/runtime/package.json');
  const { bin } = JSON.parse(readFileSync(file, 'utf8'));
  return join(dirname(file), bin.runctl);
}
