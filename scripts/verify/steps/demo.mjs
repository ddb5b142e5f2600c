import { scriptStep } from './script-step.mjs';

export const demo = scriptStep({
  name: 'demo',
  does: '`npm run demo` does what it shows and ends by itself',
  needs: ['build'],
  alone: true,
  script: 'scripts/demo.mjs',
  timeoutMs: 180_000,
  advice: 'The demo failed.',
});
