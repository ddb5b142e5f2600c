import type { Runctl } from '@runctl/sdk';
import { endWhenNobodyReads } from '../closed-pipe.ts';
import { isThisMachine } from '../connection-file.ts';
import { type Terminal, terminalOf } from '../terminal.ts';
import { type ConnectionOptions, findConnection } from './connection.ts';
import { explained } from './explained.ts';
import { tellLoss } from './tell-loss.ts';

/** What a command works with: a runtime that it speaks to, and somebody who reads along. */
export interface Session {
  client: Runctl;
  /** Where results go, and nothing else. */
  out: Terminal;
  /** Where progress goes. */
  err: Terminal;
  /** Results are JSON. */
  json: boolean;
  /** Reconnects in a row before a lost runtime ends what follows work. */
  reconnects: number;
}

/**
 * Runs a command that speaks to a runtime. What the SDK throws is told in a line, with what to do about it.
 *
 * @throws {CommandFailure}
 */
export async function withSession(
  options: ConnectionOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  endWhenNobodyReads();
  const connection = findConnection(options, process.env);
  const sdk = await import('@runctl/sdk');
  const err = terminalOf(process.stderr);
  const retries = process.env.RUNCTL_RETRIES?.trim() || undefined;
  try {
    await work({
      client: sdk.Runctl.fromEnv({
        apiKey: connection.apiKey,
        baseUrl: connection.url,
        middleware: [tellLoss(err)],
        // Whoever waits at a terminal shall soon know that nothing runs here.
        ...(retries === undefined && isThisMachine(connection.url) && { retries: 1 }),
      }),
      out: terminalOf(process.stdout),
      err,
      json: options.json === true,
      // One that is started anew is back by then.
      reconnects: retries === undefined ? 10 : Number(retries),
    });
  } catch (error) {
    throw explained(sdk, connection, error);
  }
}
