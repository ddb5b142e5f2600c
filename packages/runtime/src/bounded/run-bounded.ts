import { type Context, createContext, Script } from 'node:vm';

/** Work that passed its time and was stopped. */
export class TimeExceeded extends Error {
  override readonly name = 'TimeExceeded';
}

let context: Context | undefined;
let script: Script | undefined;

/**
 * Runs synchronous work whose cost an outsider decides: a regular expression that backtracks, a schema that refers to
 * itself. V8 stops it when its time is up, which costs about 0.1 ms a call.
 *
 * @throws {TimeExceeded} The work took longer than `timeoutMs`.
 */
export function runBounded<T>(work: () => T, timeoutMs: number): T {
  context ??= createContext({});
  script ??= new Script('work()');
  context.work = work;
  try {
    return script.runInContext(context, { timeout: timeoutMs });
  } catch (error) {
    if (isTimeout(error)) throw new TimeExceeded(`Stopped after ${timeoutMs} ms.`);
    throw error;
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
