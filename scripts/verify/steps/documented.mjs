import { scriptStep } from './script-step.mjs';

export const documented = scriptStep({
  name: 'documented',
  does: 'every public name and member has a doc block',
  needs: ['install'],
  script: 'scripts/documented.mjs',
  timeoutMs: 180_000,
  advice: 'Some public names have no doc block.',
  note: ({ output }) => output.match(/^(\d+ public .*)$/m)?.[1] ?? '',
});
