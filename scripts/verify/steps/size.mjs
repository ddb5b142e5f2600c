import { scriptStep } from './script-step.mjs';

export const size = scriptStep({
  name: 'size',
  does: 'what a bundle of each part weighs, against its budget',
  needs: ['build'],
  script: 'scripts/size.mjs',
  timeoutMs: 180_000,
  advice: 'A bundle is over its budget, or holds what it should not.',
  note: ({ output }) => output.match(/^(largest share.*)$/m)?.[1] ?? '',
});
