import { reportError } from '../report-error.ts';
import type { Log } from '../telemetry/log.ts';
import { diskFailed, explainedFailure } from './explained-failure.ts';

/** The disk fails: nothing that this process still did could be trusted. What starts it again reads the log. */
export function endAtOnce(cause: unknown): void {
  reportError(cause);
  process.stderr.write(
    'runctl: The disk of the data folder failed. The process ends; start it again when the disk works.\n',
  );
  process.exit(diskFailed);
}

/** Beside the grace of tasks, what closing connections and the store may take, milliseconds. */
const closingMs = 5_000;

/** What a process runs until it is told to end. */
export interface Running {
  /** What is under way gets so many milliseconds. */
  stop(graceMs: number): Promise<void>;
  /** Tasks that the grace is for. Where this is given, who waits for them is told so on standard error. */
  tasksUnderWay?(): number;
}

/**
 * Starts something, keeps it until SIGINT or SIGTERM, and stops it. SIGTERM may come again, as supervisors send it; a
 * second SIGINT, from somebody who does not want to wait, ends the process at once. An exception that nobody caught is
 * logged and stops it too, and the process ends with 1: what starts it again gets a sound one.
 */
export async function runUntilToldToEnd(graceMs: number, log: Log, start: () => Promise<Running>): Promise<void> {
  const told = untilToldToEnd(graceMs, log);
  const started = start().catch((error: unknown) => {
    throw explainedFailure(error);
  });
  // A start may wait for its database: who ends it meanwhile does not wait with it. Nothing is under way then.
  const running = await Promise.race([started, told]);
  if (typeof running === 'string') {
    log.flush();
    process.exit(running === 'uncaught exception' ? 1 : 0);
  }
  const reason = await told;
  log.info('stopping', { reason });
  const tasks = running.tasksUnderWay?.() ?? 0;
  if (tasks > 0 && graceMs > 0) process.stderr.write(whatIsAwaited(tasks, graceMs, reason));
  await running.stop(graceMs);
  log.info('stopped');
  log.flush();
  if (reason === 'uncaught exception') process.exit(1);
}

function whatIsAwaited(tasks: number, graceMs: number, reason: EndReason): string {
  const quicker = reason === 'SIGINT' ? '; Ctrl+C again ends it now' : '';
  return `stopping: up to ${graceMs / 1_000} s for ${tasks} task${tasks === 1 ? '' : 's'} under way${quicker}\n`;
}

type EndReason = 'SIGINT' | 'SIGTERM' | 'uncaught exception';

function untilToldToEnd(graceMs: number, log: Log): Promise<EndReason> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => {
      process.once('SIGINT', () => process.exit(130));
      resolve('SIGINT');
    });
    let isLeaving = false;
    process.on('uncaughtException', (error, origin) => {
      log.error('uncaught exception', { origin, error });
      // Also where nothing is left to do: a start that failed leaves nothing behind that would wait for the timer.
      process.exitCode = 1;
      // Nobody knows what state it is in: it has so long to leave in order, and goes then whatever it still does.
      if (!isLeaving) setTimeout(() => process.exit(1), graceMs + closingMs).unref();
      isLeaving = true;
      resolve('uncaught exception');
    });
  });
}
