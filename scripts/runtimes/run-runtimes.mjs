import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRuntime } from '../process/start-runtime.mjs';
import { StepFailure } from '../process/step-failure.mjs';
import { installInto } from '../verify/steps/install-tarballs.mjs';
import { packPackages } from '../verify/steps/pack.mjs';
import { root } from '../workspace/root.mjs';
import { hosts } from './hosts.mjs';
import { printHeading, printHost } from './print-table.mjs';

const programs = ['smoke.mjs', 'process-entry.mjs', 'worker-entry.mjs', 'page-entry.mjs'];

/**
 * Packs, installs, starts a runtime and lets every host run the same program against it.
 *
 * @param {string[]} only names of hosts; all where empty
 * @returns {Promise<number>} the exit code
 */
export async function runRuntimes(only) {
  const unknown = only.filter((name) => !hosts.some((host) => host.name === name));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}. One of: ${hosts.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'runctl-runtimes-'));
  try {
    const chosen = hosts.filter(({ name }) => only.length === 0 || only.includes(name));
    return (await runIn(folder, chosen)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    console.error(`${error.message}\n${error.output}`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function runIn(folder, chosen) {
  const project = join(folder, 'project');
  await installInto(project, await packPackages(join(folder, 'tarballs')));
  for (const program of programs) {
    copyFileSync(join(root, 'scripts/runtimes/hosts', program), join(project, program));
  }
  const runtime = await startRuntime(project, join(folder, 'home'));
  try {
    printHeading();
    let allOk = true;
    for (const { name, version, run } of chosen) {
      const started = performance.now();
      const results = await run({ project, ...runtime });
      allOk = printHost(name, version, results, (performance.now() - started) / 1000) && allOk;
    }
    return allOk;
  } finally {
    await runtime.stop();
  }
}
