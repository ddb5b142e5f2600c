import { expect, test } from 'vitest';
import { explainNpmFailure } from '../bootstrap/explain-npm-failure.mjs';
import { isRunning } from './process-tree.mjs';
import { runCommand } from './run-command.mjs';

const node = (code, options) => runCommand(process.execPath, ['-e', code], options);
const start = (stdio) =>
  `const { spawn } = require('node:child_process');
   const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: '${stdio}' });
   child.unref(); console.log('pid:' + child.pid);`;

test('a command gives back its code and what it printed on either stream', async () => {
  const result = await node(`console.log('out'); console.error('err'); process.exit(3)`);

  expect(result).toMatchObject({ code: 3, timedOut: false, notFound: false, leftRunning: false });
  expect(result.output).toContain('out');
  expect(result.output).toContain('err');
});

test('a command that is not there is told from one that failed, and npm is explained', async () => {
  const result = await runCommand('no-such-command-here', []);

  expect(result).toMatchObject({ code: 1, notFound: true });
  expect(explainNpmFailure('pnpm', result)).toContain('npm was not found. It comes with Node');
});

test('a command that takes too long is killed, and what it started with it', async () => {
  const result = await node(`${start('inherit')} setTimeout(() => {}, 60000)`, { timeoutMs: 3_000 });
  const pid = Number(result.output.match(/pid:(\d+)/)[1]);

  expect(result).toMatchObject({ code: 1, timedOut: true });
  await expect.poll(() => isRunning(pid)).toBe(false);
});

test.skipIf(process.platform === 'win32')('what a command leaves running is noticed and killed', async () => {
  const result = await node(start('ignore'));
  const pid = Number(result.output.match(/pid:(\d+)/)[1]);

  expect(result).toMatchObject({ code: 0, leftRunning: true });
  await expect.poll(() => isRunning(pid)).toBe(false);
});

test.each([
  ['npm error code ENOTFOUND', 'the package registry did not answer'],
  ['[ERR_PNPM_OUTDATED_LOCKFILE] Cannot install', 'does not fit the package.json files'],
  ['something else', 'could not be fetched (exit code 1)'],
])('%s is explained', (output, expected) => {
  expect(explainNpmFailure('pnpm', { code: 1, output, seconds: 1, timedOut: false, notFound: false })).toContain(
    expected,
  );
});
