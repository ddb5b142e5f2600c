import { scriptStep } from './script-step.mjs';

export const reference = scriptStep({
  name: 'reference',
  does: 'typedoc builds the reference and the guides; a link that leads nowhere counts',
  needs: ['install'],
  script: 'docs/site/node_modules/typedoc/bin/typedoc',
  args: ['--options', 'docs/site'],
  timeoutMs: 300_000,
  advice: 'The reference cannot be built.',
});
