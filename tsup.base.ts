import type { Options } from 'tsup';

/**
 * How every package is built: each module stays a file of its own name, so that one import costs only what it names and
 * a stack trace says where it was. Declarations come from the TypeScript compiler; es2022 keeps static fields as fields,
 * which bundlers can drop.
 */
export const moduleFiles: Options = {
  entry: ['src/**/*.ts', '!src/**/*.test.ts', '!src/**/*.test-*.ts'],
  bundle: false,
  format: ['esm'],
  target: 'es2022',
  platform: 'neutral',
  // `node:sqlite` has no name without the prefix.
  removeNodeProtocol: false,
  sourcemap: true,
  clean: true,
  dts: false,
  silent: true,
};
