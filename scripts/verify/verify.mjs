import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseSteps } from './choose-steps.mjs';
import { printStep, printSummary } from './report.mjs';
import { runSteps } from './run-steps.mjs';
import { steps } from './steps.mjs';

/**
 * @param {{ only: string[], skip: string[], list: boolean }} choice names of steps
 * @returns {Promise<number>} the exit code
 */
export async function verify({ only, skip, list }) {
  const { chosen, unknown } = chooseSteps(steps, { only, skip });
  if (unknown.length > 0) {
    console.error(`There is no step ${unknown.join(', ')}. One of: ${steps.map((step) => step.name).join(', ')}.`);
    console.log('0 passed, 1 failed');
    return 2;
  }
  if (list) {
    for (const step of chosen) console.log(`${step.name.padEnd(18)}${step.does}`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'runctl-verify-'));
  console.log(`\nverify on Node ${process.versions.node}, ${process.platform}, ${availableParallelism()} cores`);
  const started = performance.now();
  try {
    const outcomes = await runSteps(chosen, { folder, report: printStep });
    return printSummary(outcomes, (performance.now() - started) / 1000);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
