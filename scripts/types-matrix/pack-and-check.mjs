import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StepFailure } from '../process/step-failure.mjs';
import { installPacked } from '../verify/steps/install-tarballs.mjs';
import { packPackages } from '../verify/steps/pack.mjs';
import { checkTypes } from './check-types.mjs';
import { printMatrix } from './print-matrix.mjs';
import { compilers } from './settings.mjs';

/**
 * Packs, installs and type-checks under every compiler.
 *
 * @param {string[]} only lines of TypeScript; all where empty
 * @returns {Promise<number>} the exit code
 */
export async function packAndCheck(only) {
  const unknown = only.filter((line) => !Object.hasOwn(compilers, line));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(', ')}. One of: ${Object.keys(compilers).join(', ')}.`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'runctl-types-'));
  try {
    const project = join(folder, 'project');
    await installPacked(project, await packPackages(join(folder, 'tarballs')));
    const lines = Object.keys(compilers).filter((line) => only.length === 0 || only.includes(line));
    const checked = await checkTypes(project, join(folder, 'compilers'), lines);
    console.log(printMatrix(checked));
    return checked.some(({ complaints }) => complaints) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    console.error(`${error.message}\n${error.output}`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
