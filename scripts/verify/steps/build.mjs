import { build as buildPackages } from '../../bootstrap/build.mjs';

export const build = {
  name: 'build',
  does: 'every package compiles to dist/',
  needs: ['install'],
  alone: true,
  run: async () => ({ note: await buildPackages() }),
};
