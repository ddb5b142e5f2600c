export { ListenFailure } from './http/server.ts';
export type { ErrorContext } from './report-error.ts';
export {
  createRuntime,
  type DatabaseStart,
  type ListeningRuntime,
  type MetricsListener,
  type Runtime,
  type RuntimeOptions,
  type RuntimeSettings,
  type StoreLocation,
  startRuntime,
  startWorker,
  type Worker,
} from './runtime.ts';
export { SettingError } from './services/operator-key.ts';
export { StoreError, type StoreErrorCode } from './store/store-error.ts';
export type { Log, LogFields, LogLevel } from './telemetry/log.ts';
export { runtimeVersion } from './version.ts';
