import { CommandFailure } from '../command-failure.ts';

/** As shells have it for a program that SIGINT ended. */
const interrupted = 130;

/**
 * Watches work that goes on without us. Ctrl+C ends the watching alone, and says so.
 *
 * @throws {CommandFailure} It was ended by Ctrl+C.
 */
export async function detachable<T>(farewell: string, watch: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const detach = () => controller.abort();
  process.once('SIGINT', detach);
  try {
    return await watch(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw new CommandFailure(farewell, interrupted);
    throw error;
  } finally {
    process.off('SIGINT', detach);
  }
}
