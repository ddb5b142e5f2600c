import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * How to start npm without a shell: its script, run by this Node. `npm run` names the script itself; otherwise it lies
 * beside Node. Last resort is `npm` from the PATH.
 *
 * @returns {{ command: string, args: string[], shell: boolean }}
 */
export function findNpm() {
  const beside = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  const script = candidates.find((path) => path && /npm-cli\.[cm]?js$/.test(path) && existsSync(path));
  if (script) return { command: process.execPath, args: [script], shell: false };
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}
