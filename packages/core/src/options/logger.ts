/** Where the client writes what it does. `console` fits, and so do pino, winston and their like. */
export interface Logger {
  /** A call failed for good. */
  error(message: string, fields?: object): void;
  /** Something is unusual: an attempt is repeated, a key travels over plain http. */
  warn(message: string, fields?: object): void;
  /** A call was answered. */
  info(message: string, fields?: object): void;
  /** An attempt starts or is answered, with its headers; those that could hold a secret are replaced by `***`. */
  debug(message: string, fields?: object): void;
}
/** How much a {@link Logger} is told; each level includes those before it. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';
