import { EgressSettingError } from '../egress/egress-error.ts';
import { ListenFailure } from '../http/server.ts';
import { SettingError } from '../services/operator-key.ts';
import { StoreError } from '../store/store-error.ts';
import { CommandFailure } from './command-failure.ts';

/** Failures whose message says all that the user needs. */
const explained = [StoreError, ListenFailure, EgressSettingError, SettingError];

/** Starts something, keeps it until SIGINT or SIGTERM, and stops it; a second signal ends the process at once. */
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
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}
