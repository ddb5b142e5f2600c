export {
  createRuntime,
  type ListeningRuntime,
  type Runtime,
  type RuntimeOptions,
  type RuntimeSettings,
  type StoreLocation,
  startRuntime,
  startWorker,
  type Worker,
} from './runtime.ts';
export { StoreError } from './store/store-error.ts';
export { runtimeVersion } from './version.ts';
