import { execFileSync } from 'node:child_process';
import { percentile, round } from './measure.mjs';
import { peers as everyPeer, installPeers } from './peers.mjs';

const packages = new URL('../../packages/', import.meta.url);

/** Milliseconds that an import takes, and megabytes that the process holds then beyond an empty one. */
export async function benchSdkImport({ peers = false, rounds = 9 } = {}) {
  const ours = {
    '@runctl/core and agents': ['core', 'agents'].map((name) => new URL(`${name}/dist/index.js`, packages).href),
    '@runctl/sdk': [new URL('sdk/dist/index.js', packages).href],
  };
  const folder = peers ? await installPeers() : process.cwd();
  const theirs = peers ? Object.entries(everyPeer).map(([name, peer]) => [name, [peer.package]]) : [];
  const programs = [['an empty process', []], ...Object.entries(ours), ...theirs];
  const runs = [];
  for (let index = 0; index < rounds; index += 1) {
    runs.push(Object.fromEntries(programs.map(([name, modules]) => [name, importIn(folder, modules)])));
  }
  return Object.fromEntries(
    programs.slice(1).flatMap(([name]) => [
      [
        `${name}, ms`,
        round(
          percentile(
            runs.map((run) => run[name].ms),
            50,
          ),
        ),
      ],
      [
        `${name}, MB`,
        round(
          percentile(
            runs.map((run) => run[name].mb - run['an empty process'].mb),
            50,
          ),
        ),
      ],
    ]),
  );
}

function importIn(folder, modules) {
  const program = `
    const startedAt = performance.now();
    for (const name of ${JSON.stringify(modules)}) await import(name);
    const ms = performance.now() - startedAt;
    console.log(JSON.stringify({ ms, mb: process.memoryUsage.rss() / 2 ** 20 }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder }));
}
