import { join } from 'node:path';
import { runCommand } from '../../process/run-command.mjs';
import { startRuntime } from '../../process/start-runtime.mjs';
import { StepFailure } from '../../process/step-failure.mjs';

export const quickStart = {
  name: 'quick-start',
  does: 'the samples marked `run`, the Quick Start first, against the packed runtime',
  needs: ['install-tarballs'],
  async run({ folder, results }) {
    const { readSamples } = await import('../../samples/read-samples.mjs');
    const { runSamples } = await import('../../samples/run-samples.mjs');
    const { modelAnswer, startOutsideWorld } = await import('../../samples/outside-world.mjs');
    const marked = readSamples().filter((sample) => sample.runs);
    const project = results.get('install-tarballs');
    const world = await startOutsideWorld(folder);
    const home = join(folder, 'home');
    const runtime = await startRuntime(project, home, world.settings);
    try {
      const output = await runSamples(project, marked, runtime);
      const missing = prints(modelAnswer).filter((line) => !output.includes(line));
      if (missing.length > 0) throw new StepFailure(`The samples did not print "${missing.join('", "')}".`, output);
      await checkCommand(project, home);
    } finally {
      await runtime.stop();
      await world.close();
    }
    return { passed: marked.length + 1, note: `${marked.length} samples ran, models asked: ${world.modelCalls()}` };
  },
};

/** That nothing was thrown is not all: these say that the work was done. */
const prints = (modelAnswer) => [
  `Result: ${modelAnswer}`,
  'Agent not found: agt_invalid',
  'Output: {"input":{"topic":"AI in Healthcare"}',
];

/** The command speaks through the SDK, which it must bring along; in the folder of a runtime it needs nothing else. */
async function checkCommand(project, home) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RUNCTL_')));
  const command = join(project, 'node_modules/@runctl/runtime/dist/bin/main.js');
  const result = await runCommand(process.execPath, [command, 'tasks', 'ls'], { cwd: home, env, timeoutMs: 120_000 });
  if (result.code === 0 && /^ID +STATUS +INPUT/.test(result.output)) return;
  throw new StepFailure('The packed `runctl tasks ls` does not list what the samples did.', result.output);
}
