import type { Options } from 'tsup';

/**
 * How every package is built: each module stays a file of its own, so that one import costs only what it names
 * (one bundled file drags all of itself into every bundle). Declarations come from the TypeScript compiler;
 * es2022 keeps static fields as fields, which bundlers can drop.
 */
export const moduleFiles: Options = {
  entry: ['src/**/*.ts', '!src/**/*.test.ts', '!src/**/*.test-*.ts'],
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  // `node:sqlite` has no name without the prefix.
  removeNodeProtocol: false,
  splitting: true,
  treeshake: false,
  sourcemap: true,
  clean: true,
  dts: false,
};
