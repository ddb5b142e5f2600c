import { defineConfig } from 'vitest/config';

/** Workspace packages resolve to their sources, so tests need no build. */
const conditions = ['@runctl/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.mjs', 'examples/**/*.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    passWithNoTests: true,
  },
});
