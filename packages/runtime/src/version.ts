import { createRequire } from 'node:module';

/** The version of this package. */
export const runtimeVersion: string = (
  createRequire(import.meta.url)('@runctl/runtime/package.json') as { version: string }
).version;
