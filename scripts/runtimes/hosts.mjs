import { runInChromium } from './hosts/chromium.mjs';
import { runAsProcess } from './hosts/process.mjs';
import { runInWorkerd } from './hosts/workerd.mjs';

/**
 * @typedef {{ name: string, outcome: string }[]} SmokeResults
 * @typedef {{ project: string, url: string, key: string }} Place the installed packages and the runtime's address
 * @typedef {{ name: string, version: string, run: (place: Place) => Promise<SmokeResults | { skipped: string }> }} Host
 */

const ownMajor = process.versions.node.split('.')[0];
const nodeVersions = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };
const denoArguments = ['run', '--allow-net', '--allow-read', '--allow-env', '--no-prompt', '--cached-only'];

/** The binaries come inside npm packages, so that they need no setup and stay out of the lockfile. */
export const hosts = [
  ...Object.entries(nodeVersions).map(([major, version]) => node(major, version)),
  { name: 'deno', version: '2.9.6', run: (place) => runAsProcess(place, fromNpm('deno', '2.9.6', denoArguments)) },
  { name: 'bun', version: '1.4.5', run: (place) => runAsProcess(place, fromNpm('bun', '1.4.5', [])) },
  { name: 'workerd', version: '1.20261117.1', run: (place) => runInWorkerd(place, '1.20261117.1') },
  { name: 'chromium', version: 'of this machine', run: runInChromium },
];

function node(major, version) {
  const name = `node-${major}`;
  if (major === ownMajor) {
    return {
      name,
      version: process.versions.node,
      run: (place) => runAsProcess(place, { command: process.execPath, args: [] }),
    };
  }
  return { name, version, run: (place) => runAsProcess(place, fromNpm(nodePackage(), version, [], 'node')) };
}

function nodePackage() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  return `node-${system}-${process.arch}`;
}

function fromNpm(packageName, version, args, command = packageName) {
  return { npm: `${packageName}@${version}`, command, args };
}
