import { join } from 'node:path';
import { startRuntime } from '../../process/start-runtime.mjs';

export const quickStart = {
  name: 'quick-start',
  does: 'the samples marked `run`, the Quick Start first, against the packed runtime',
  needs: ['install-tarballs'],
  async run({ folder, results }) {
    const { readSamples } = await import('../../samples/read-samples.mjs');
    const { runSamples } = await import('../../samples/run-samples.mjs');
    const marked = readSamples().filter((sample) => sample.runs);
    const project = results.get('install-tarballs');
    const runtime = await startRuntime(project, join(folder, 'home'));
    try {
      await runSamples(project, marked, runtime);
    } finally {
      await runtime.stop();
    }
    return { passed: marked.length, note: `${marked.length} samples ran` };
  },
};
