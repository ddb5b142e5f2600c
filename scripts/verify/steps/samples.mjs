import { StepFailure } from '../../process/step-failure.mjs';

export const samples = {
  name: 'samples',
  does: 'every sample in the documents compiles against the packed packages',
  needs: ['install-tarballs'],
  async run({ results }) {
    const { readSamples } = await import('../../samples/read-samples.mjs');
    const { compileSamples } = await import('../../samples/compile-samples.mjs');
    const all = readSamples();
    const problems = await compileSamples(results.get('install-tarballs'), all);
    if (problems.length > 0) throw new StepFailure('A sample does not compile as it stands.', problems.join('\n'));
    return { passed: all.length, note: `${all.length} samples` };
  },
};
