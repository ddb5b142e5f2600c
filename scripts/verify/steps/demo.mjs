import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailure } from '../../process/step-failure.mjs';
import { root } from '../../workspace/root.mjs';
import { scriptStep } from './script-step.mjs';

const step = scriptStep({
  name: 'demo',
  does: '`npm run demo` does what it shows and ends by itself',
  needs: ['build'],
  alone: true,
  script: 'scripts/demo.mjs',
  timeoutMs: 60_000,
  advice: 'The demo failed.',
});

export const demo = {
  ...step,
  async run(context) {
    if (!existsSync(join(root, 'scripts/demo.mjs'))) throw new StepFailure('scripts/demo.mjs is missing.');
    return await step.run(context);
  },
};
