/** Where the client writes what it does. `console` fits, and so do pino, winston and their like. */
export interface Logger {
  /** A fault of the client itself. A call that fails is told by its error, not here. */
  error(message: string, fields?: object): void;
  /** Something is unusual: a key travels over plain http. */
  warn(message: string, fields?: object): void;
  /** A call was answered, failed, or is sent again. */
  info(message: string, fields?: object): void;
  /** An attempt starts or is answered, with its headers; those that could hold a secret are replaced by `***`. */
  debug(message: string, fields?: object): void;
}
/** How much a {@link Logger} is told; each level includes those before it. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';
