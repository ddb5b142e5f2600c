import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNpm } from '../../bootstrap/find-npm.mjs';
import { freePort } from '../../process/free-port.mjs';
import { endProcessTree, trackProcess } from '../../process/process-tree.mjs';
import { bundleEntry } from './bundle-entry.mjs';

const withinMs = 120_000;

/**
 * Serves the smoke program as a worker and asks it once.
 *
 * @param {import('../hosts.mjs').Place} place
 * @param {string} version of the npm package `workerd`
 * @returns {Promise<import('../hosts.mjs').SmokeResults>}
 */
export async function runInWorkerd({ project, url, key }, version) {
  await bundleEntry(project, 'worker-entry.mjs', 'worker.js', ['workerd', 'worker']);
  const port = await freePort();
  writeFileSync(join(project, 'config.capnp'), config(port));
  const npm = findNpm();
  const args = [...npm.args, 'exec', '--yes', `--package=workerd@${version}`, '--', 'workerd', 'serve', 'config.capnp'];
  const detached = process.platform !== 'win32';
  const child = spawn(npm.command, args, {
    cwd: project,
    shell: npm.shell,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached,
  });
  const untrack = trackProcess(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  try {
    const query = new URLSearchParams({ baseUrl: url, apiKey: key });
    return await ask(`http://127.0.0.1:${port}/?${query}`, child);
  } catch (error) {
    return [{ name: 'start', outcome: `${error.message}\n${output.slice(-1_000)}` }];
  } finally {
    endProcessTree(child);
    untrack();
  }
}

async function ask(url, child) {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response) return await response.json();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new TypeError('workerd did not answer');
}

/** `network` must be opened for private addresses, or the worker could not reach the runtime on this machine. */
function config(port) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "worker.js", esModule = embed "worker.js")], compatibilityDate = "2026-01-01")),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}
