import { defineConfig } from 'vitest/config';

/** Workspace packages resolve to their sources, so tests need no build. */
const conditions = ['@runctl/source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Relative to where vitest is started: the whole repository, or one package.
    include: ['**/*.test.{ts,mjs}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    environment: 'node',
    testTimeout: 20_000,
  },
});
