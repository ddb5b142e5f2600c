import { scriptStep } from './script-step.mjs';

export const layout = scriptStep({
  name: 'layout',
  does: 'the architecture holds: who imports whom, no cycle, sizes, names',
  needs: ['install'],
  script: 'scripts/layout.mjs',
  timeoutMs: 180_000,
  advice: 'The architecture does not hold; each line says what to do.',
  note: ({ output }) => output.match(/^(\d+ files.*)$/m)?.[1] ?? '',
});
