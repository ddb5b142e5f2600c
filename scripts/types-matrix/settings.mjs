import { join } from 'node:path';
import { root } from '../workspace/root.mjs';

/** Lines of TypeScript, and the release that stands for each. */
export const compilers = { '5.0': '5.0.4', 5.4: '5.4.5', 5.9: '5.9.3', '6.0': '6.0.3', '7.0': '7.0.2' };

const everywhere = {
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};
const node16 = { module: 'node16', moduleResolution: 'node16' };
const bundler = { module: 'esnext', moduleResolution: 'bundler' };

/** How users' programs are set up, as compiler options. */
export const settings = {
  node16: { ...everywhere, ...node16 },
  bundler: { ...everywhere, ...bundler },
  'without dom': {
    ...everywhere,
    ...node16,
    lib: ['es2022'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  },
  'other checks': {
    ...everywhere,
    ...bundler,
    exactOptionalPropertyTypes: false,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    isolatedModules: true,
  },
};
