import type { RunctlApiError, RunctlNetworkError } from '@runctl/sdk';
import { CommandFailure } from '../command-failure.ts';
import { oneLine } from '../terminal-text.ts';
import type { Connection } from './connection.ts';
import { nextCommand } from './next-commands.ts';
import type { Sdk } from './sdk.ts';
import { WatchLost } from './watch-lost.ts';

/** An error of the SDK as one line that says what to do; any other error as it is. */
export function explained(sdk: Sdk, connection: Connection, error: unknown): unknown {
  if (error instanceof WatchLost) return watchLost(sdk, error, explained(sdk, connection, error.cause));
  if (error instanceof sdk.RunctlAuthenticationError) return new CommandFailure(unauthorized(connection, error));
  if (error instanceof sdk.RunctlApiError) return new CommandFailure(refused(error));
  if (error instanceof sdk.RunctlTimeoutError) return new CommandFailure(`${connection.url}: ${said(error.message)}`);
  if (error instanceof sdk.RunctlNetworkError) return new CommandFailure(unreachable(connection, error));
  if (error instanceof sdk.RunctlError) return new CommandFailure(said(error.message));
  return error;
}

/** What does not answer may be back soon; where the runtime itself refuses, following again is refused too. */
function watchLost(sdk: Sdk, { message, cause }: WatchLost, why: unknown): unknown {
  if (!(cause instanceof sdk.RunctlNetworkError) || !(why instanceof CommandFailure)) return why;
  return new CommandFailure(`${why.message} What was begun is kept: ${message}`);
}

function unauthorized({ url, keySource, remedy }: Connection, error: RunctlApiError): string {
  return `${url} does not accept the API key from ${keySource}: ${said(error.message)} ` + `${remedy}${traces(error)}`;
}

function refused(error: RunctlApiError): string {
  const main = said(error.message);
  const details = error.details
    .map(({ path, message }) => `${oneLine(path)}: ${said(message)}`)
    .filter((detail) => !main.includes(detail.slice(0, -1)));
  return `${[main, ...details, ...advice(error)].join(' ')}${traces(error)}`;
}

/** In commands where there is one, and else as the API has it: people at a terminal know no routes. */
function advice({ code, message, hint }: RunctlApiError): string[] {
  const command = nextCommand(code, message);
  if (command !== undefined) return [`Try \`${command}\`.`];
  return hint === undefined ? [] : [said(hint)];
}

function unreachable({ url }: Connection, error: RunctlNetworkError): string {
  if (error.causeCode !== 'ECONNREFUSED') return `${url} cannot be reached: ${said(error.message)}`;
  return (
    `Nothing answers at ${url}. Start a runtime there with \`runctl dev\`, ` +
    'or say with --url or RUNCTL_BASE_URL where one is.'
  );
}

/** For the logs of the runtime, and for whoever is asked for help. */
function traces({ code, requestId }: RunctlApiError): string {
  return ` ${oneLine(`(${code}${requestId === undefined ? '' : `, request ${requestId}`})`)}`;
}

/** A sentence from outside, without the request that the SDK begins it with: people ask for tasks, not for routes. */
function said(message: string): string {
  const text = oneLine(message).replace(/^[A-Z]+ \/\S*: (\d{3} )?/, '');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
