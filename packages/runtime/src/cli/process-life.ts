import { EgressSettingError } from '../egress/egress-error.ts';
import { ListenFailure } from '../http/server.ts';
import { reportError } from '../report-error.ts';
import { SettingError } from '../services/operator-key.ts';
import { StoreError } from '../store/store-error.ts';
import { CommandFailure } from './command-failure.ts';

/** Failures whose message says all that the user needs. */
const explained = [StoreError, ListenFailure, EgressSettingError, SettingError];

/** As sysexits.h has it: an error of input or output. */
const diskFailed = 74;

/** The disk fails: nothing that this process still did could be trusted. What starts it again reads the log. */
export function endAtOnce(cause: unknown): void {
  reportError(cause);
  process.stderr.write(
    'runctl: The disk of the data folder failed. The process ends; start it again when the disk works.\n',
  );
  process.exit(diskFailed);
}

/**
 * Starts something, keeps it until SIGINT or SIGTERM, and stops it. SIGTERM may come again, as supervisors send it; a
 * second SIGINT, from somebody who does not want to wait, ends the process at once.
 */
export async function runUntilToldToEnd(
  graceMs: number,
  start: () => Promise<{ stop(graceMs: number): Promise<void> }>,
): Promise<void> {
  const told = untilToldToEnd();
  const running = await start().catch((error: unknown) => {
    throw explained.some((kind) => error instanceof kind) ? new CommandFailure((error as Error).message) : error;
  });
  await told;
  await running.stop(graceMs);
}

function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.once('SIGINT', () => {
      process.once('SIGINT', () => process.exit(130));
      resolve();
    });
  });
}
