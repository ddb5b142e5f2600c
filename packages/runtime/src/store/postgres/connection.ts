import type pg from 'pg';

/** A statement of a request or of the engine may take so long, milliseconds; then the server ends it. */
const longestStatementMs = 15_000;
/** The same for what an operator runs: migrations, and tools beside the runtimes. */
export const longestOperatorStatementMs = 60 * 60_000;
/** A database that is reached answers within this, milliseconds, or is not there. */
const connectMs = 5_000;
/** A connection that is silent for so long, milliseconds, is asked whether it lives; by the system, each second, ten times. */
const silentMs = 10_000;

/**
 * How each connection is made. Nobody is waited for without end: the server ends a statement that takes too long, and
 * where not even that is heard of in time, frozen or behind a network that swallows everything, the connection is given
 * up, and with it all that was sent on it.
 */
export function connectionOptions(url: string, statementMs: number = longestStatementMs) {
  return {
    connectionString: url,
    connectionTimeoutMillis: Math.min(connectMs, statementMs),
    statement_timeout: statementMs,
    query_timeout: Math.ceil((statementMs * 4) / 3),
    keepAlive: true,
    keepAliveInitialDelayMillis: silentMs,
    // What is asked for together is sent together, and its answers wait for no further message.
    pipeline: true,
  } satisfies pg.ClientConfig;
}

/** Ends a connection; one whose other end says nothing any more is not waited for. */
export async function endConnection(client: pg.Client): Promise<void> {
  const deadline = setTimeout(() => client.connection.stream.destroy(), connectMs);
  await client.end().finally(() => clearTimeout(deadline));
}
