import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * Workspace packages resolve to their sources, so tests need no build. Not `import`: Node gets these conditions too, and
 * what it loads by `require` would find a module.
 */
const conditions = ['@runctl/source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // Relative to where vitest is started: the whole repository, or one package.
    include: ['**/*.test.{ts,mjs}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    environment: 'node',
    // Much of the suite waits: for processes, for Postgres, for a clock. Four at once keep two cores busy.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    // What bounds a test that hangs, not what a test may take: a slow machine with much to do needs many times what a
    // quick one does, and a test of how long something takes says so itself.
    testTimeout: 180_000,
    // Hooks start databases, and make some.
    hookTimeout: 180_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
