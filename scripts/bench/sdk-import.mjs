import { execFileSync } from 'node:child_process';
import { percentile, round } from './measure.mjs';
import { clientPeers, installPeers } from './peers.mjs';

/** From here every package of the SDK resolves. */
const umbrella = new URL('../../packages/sdk/', import.meta.url).pathname;

/** CPU time that an import takes, milliseconds, and megabytes that the process holds then beyond an empty one. */
export async function benchSdkImport({ peers = false, rounds = 9 } = {}) {
  const ours = [
    ['@runctl/core and agents', ['@runctl/core', '@runctl/agents']],
    ['@runctl/sdk', ['@runctl/sdk']],
  ].map(([name, modules]) => ({ name, modules, folder: umbrella }));
  const folder = peers && (await installPeers(clientPeers, 'peers'));
  const theirs = peers
    ? Object.entries(clientPeers).map(([name, peer]) => ({ name, modules: [peer.package], folder }))
    : [];
  const programs = [{ name: 'an empty process', modules: [], folder: umbrella }, ...ours, ...theirs];
  const runs = [];
  for (let index = 0; index < rounds; index += 1) {
    runs.push(Object.fromEntries(programs.map((program) => [program.name, measureImport(program)])));
  }
  const median = (name, figure) =>
    round(
      percentile(
        runs.map((run) => figure(run, run[name])),
        50,
      ),
    );
  return Object.fromEntries(
    programs.slice(1).flatMap(({ name }) => [
      [`${name}, ms of CPU`, median(name, (_, own) => own.ms)],
      [`${name}, MB`, median(name, (run, own) => own.mb - run['an empty process'].mb)],
    ]),
  );
}

function measureImport({ modules, folder }) {
  const program = `
    const before = process.cpuUsage();
    for (const name of ${JSON.stringify(modules)}) await import(name);
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ ms: (user + system) / 1_000, mb: process.memoryUsage.rss() / 2 ** 20 }));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: folder }));
}
