import { type Context, createContext, Script } from 'node:vm';

/** Work that passed its time and was stopped. */
export class TimeExceeded extends Error {
  override readonly name = 'TimeExceeded';
}

let context: Context | undefined;
let script: Script | undefined;

/** On a machine that is busy with others, work waits as long as it runs: it is given so many times its time at most. */
const mostPatience = 16;

/**
 * Runs synchronous work whose cost an outsider decides: a regular expression that backtracks, a schema that refers to
 * itself. V8 stops it when its time is up, which costs about 0.1 ms a call. V8 counts by the clock; work that was stopped
 * while it waited for the processor is done anew, and given more of the clock.
 *
 * @throws {TimeExceeded} The work took more than `timeoutMs` of the processor.
 */
export function runBounded<T>(work: () => T, timeoutMs: number): T {
  for (let patience = 1; ; patience *= 2) {
    const before = process.cpuUsage();
    try {
      return runOnce(work, timeoutMs * patience);
    } catch (error) {
      if (!isTimeout(error)) throw error;
      const { user, system } = process.cpuUsage(before);
      const usedMs = (user + system) / 1_000;
      if (usedMs >= timeoutMs || patience >= mostPatience) throw new TimeExceeded(`Stopped after ${timeoutMs} ms.`);
    }
  }
}

function runOnce<T>(work: () => T, clockMs: number): T {
  context ??= createContext({});
  script ??= new Script('work()');
  context.work = work;
  try {
    return script.runInContext(context, { timeout: clockMs });
  } finally {
    context.work = undefined;
  }
}

/** The error is one of the other context, so `instanceof Error` does not hold. */
function isTimeout(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
