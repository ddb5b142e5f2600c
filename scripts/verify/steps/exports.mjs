import { scriptStep } from './script-step.mjs';

export const exports = scriptStep({
  name: 'exports',
  does: 'what each package exports is what its exports.snapshot.md says',
  needs: ['build'],
  script: 'scripts/exports.mjs',
  timeoutMs: 180_000,
  advice: 'The public surface has changed. If that is meant: `pnpm build && pnpm exports`, and commit the snapshots.',
  note: ({ output }) => output.match(/^(\d+ exports)/m)?.[1] ?? '',
});
