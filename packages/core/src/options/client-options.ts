import type { ApiKeySource } from './api-key.ts';
import type { Logger, LogLevel } from './logger.ts';
import type { Middleware } from './middleware.ts';

/** How a client reaches Runctl. Checked and copied when the client is made; later changes have no effect. */
export interface ClientOptions {
  /** The key, or a function that returns it. White space around it is cut off. Required. */
  apiKey: ApiKeySource;
  /** Where the API is. Default `https://api.runctl.com`. With or without a trailing `/v1`; a path before it is kept. */
  baseUrl?: string;
  /** Milliseconds for one attempt, from connect to the last byte of the body. 1 to 2,147,483,647. Default 30,000. */
  timeout?: number;
  /**
   * Milliseconds for the whole call, retries and the waits between them included. 1 to 2,147,483,647.
   * Default 120,000; `false` for none.
   */
  totalTimeout?: number | false;
  /** Retries after the first attempt. 0 to 20. Default 3. */
  retries?: number;
  /** Longest `Retry-After` that is waited for, milliseconds. A longer one fails at once. Default 60,000. */
  maxRetryAfter?: number;
  /**
   * Sent with every request; `null` removes a default header. `authorization`, `idempotency-key` and `if-match` have
   * options of their own and are refused here, as are the headers that belong to the connection.
   */
  headers?: Record<string, string | null>;
  /**
   * Sends the requests: through a proxy, into an app in the same process (`app.fetch`). Default: the platform's `fetch`;
   * on Node `node:http`, unless `globalThis.fetch` was replaced or has a proxy for its dispatcher.
   */
  fetch?: typeof globalThis.fetch;
  /** Wraps every attempt, outermost first. Default: none. */
  middleware?: readonly Middleware[];
  /** Default: `console` for warnings and errors. */
  logger?: Logger;
  /** Default `warn`. */
  logLevel?: LogLevel;
  /** An API key in a browser is readable by whoever opens the page; the constructor refuses it without this. Default false. */
  dangerouslyAllowBrowser?: boolean;
}
