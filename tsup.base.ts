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

/**
 * How a package of the SDK is built: for bundlers as above, and for Node once more in one file for each entry, which the
 * `node` condition of its `exports` names. Node needs a third of a millisecond for every file that it imports, and the
 * core alone has a hundred.
 */
export const sdkBuild: Options[] = [
  { ...moduleFiles, clean: ['!node/**'] },
  {
    ...moduleFiles,
    entry: ['src/index.ts', 'src/*/index.ts'],
    outDir: 'dist/node',
    bundle: true,
    // What entries share is there once, so that there is one class of each name.
    splitting: true,
    platform: 'node',
    esbuildOptions: (options) => {
      options.conditions = ['@runctl/source', 'node'];
    },
  },
];
