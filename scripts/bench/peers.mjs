import { cpSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findNpm } from '../bootstrap/find-npm.mjs';
import { runCommand } from '../process/run-command.mjs';

/** Other clients to be measured beside ours, each by a file of its name in `peers/`. Not in the lockfile: nobody else needs them. */
export const clientPeers = {
  openai: { package: 'openai', version: '7.57.0' },
  anthropic: { package: '@anthropic-ai/sdk', version: '1.12.0' },
  octokit: { package: '@octokit/core', version: '7.0.8' },
  langgraph: { package: '@langchain/langgraph-sdk', version: '2.0.0' },
  mastra: { package: '@mastra/client-js', version: '1.47.0' },
  e2b: { package: 'e2b', version: '2.51.0' },
};

/** Queues on Postgres. */
export const queuePeers = { 'graphile-worker': { package: 'graphile-worker', version: '0.18.0' } };

/**
 * Installs peers, once for each set of versions, into a folder below the system's temporary one.
 *
 * @param {Record<string, { package: string, version: string }>} peers
 * @param {string} files the folder beside this file that works with them
 * @returns {Promise<string>} where the packages are, with that folder beside them
 */
export async function installPeers(peers, files) {
  const wanted = Object.values(peers).map((peer) => `${peer.package}@${peer.version}`);
  const folder = join(tmpdir(), `runctl-bench-${wanted.join('-').replace(/[^\w.]+/g, '-')}`);
  if (!existsSync(folder)) await install(wanted, folder);
  const here = new URL('.', import.meta.url).pathname;
  cpSync(join(here, files), join(folder, files), { recursive: true });
  cpSync(join(here, 'workloads.mjs'), join(folder, 'workloads.mjs'));
  return folder;
}

async function install(wanted, folder) {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished);
  writeFileSync(join(unfinished, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const npm = findNpm();
  const args = [...npm.args, 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted];
  const { code, output } = await runCommand(npm.command, args, { cwd: unfinished, shell: npm.shell });
  if (code !== 0) throw new Error(`The peers could not be installed: ${output.slice(-1_000)}`);
  renameSync(unfinished, folder);
}
