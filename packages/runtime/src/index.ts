export { createRuntime, type ListeningRuntime, type Runtime, type RuntimeOptions, startRuntime } from './runtime.ts';
export { StoreError } from './store/store-error.ts';
export { runtimeVersion } from './version.ts';
