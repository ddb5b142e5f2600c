import pg from 'pg';
import { connectionOptions, endConnection } from './connection.ts';

/** What a session does for its owner. */
export interface SessionHooks {
  /** After each connect, before anything else: listen, take locks. */
  onConnect(client: pg.Client): Promise<void>;
  /** A notification on a channel that `onConnect` listens to. */
  onNotification(channel: string, payload: string): void;
  /** The connection broke; another follows. */
  onError(error: unknown): void;
}

const firstDelayMs = 50;
const longestDelayMs = 2_000;

/**
 * One connection that is kept: notifications and session locks belong to it, so it must not come from a pool, nor pass
 * a pooler that shares sessions. When it breaks it is opened again, with growing pauses.
 *
 *   connecting --ready--> connected --broken--> pausing --> connecting;   any --close--> closed
 */
export class Session {
  readonly #url: string;
  readonly #hooks: SessionHooks;
  readonly #statementMs: number | undefined;
  #client: pg.Client | undefined;
  #closed = false;
  #restoredAt = Number.NEGATIVE_INFINITY;

  /** @param statementMs How long a statement may take. Default: as with the pool. */
  constructor(url: string, hooks: SessionHooks, statementMs?: number) {
    this.#url = url;
    this.#hooks = hooks;
    this.#statementMs = statementMs;
  }

  /** Connects for the first time. @throws The database's error where it refuses. */
  async open(): Promise<void> {
    await this.#connect();
  }

  /** The connection, while there is one. */
  get client(): pg.Client | undefined {
    return this.#client;
  }

  /** Milliseconds since the connection was made anew after it broke. It never did: infinity. */
  get restoredForMs(): number {
    return performance.now() - this.#restoredAt;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) await endConnection(client);
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      ...connectionOptions(this.#url, this.#statementMs),
      application_name: 'runctl session',
    });
    client.on('notification', ({ channel, payload }) => this.#hooks.onNotification(channel, payload ?? ''));
    client.on('error', (error) => this.#hooks.onError(error));
    try {
      await client.connect();
      await this.#hooks.onConnect(client);
    } catch (error) {
      await endConnection(client).catch(() => undefined);
      throw error;
    }
    // Closed meanwhile: nobody else would end it.
    if (this.#closed) return endConnection(client);
    // Only now: a connection that breaks while it is being made is tried again by who makes it, and by nobody else.
    client.once('end', () => this.#lost(client));
    this.#client = client;
  }

  #lost(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    if (!this.#closed) void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    let delayMs = firstDelayMs;
    while (!this.#closed) {
      await new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random() / 2)));
      if (this.#closed) return;
      try {
        await this.#connect();
        this.#restoredAt = performance.now();
        return;
      } catch (error) {
        this.#hooks.onError(error);
        delayMs = Math.min(delayMs * 2, longestDelayMs);
      }
    }
  }
}
