import { CommandFailure } from '../command-failure.ts';
import { WatchLost } from './watch-lost.ts';

/** As shells have it for a program that SIGINT ended. */
const interrupted = 130;

/** Work that is watched. */
export interface Watched {
  id: string;
  /** Whose command follows and cancels it. */
  group: 'tasks' | 'workflows';
}

/**
 * Watches work that goes on without us. Ctrl+C ends the watching alone, and says so.
 *
 * @throws {CommandFailure} It was ended by Ctrl+C.
 * @throws {WatchLost} It failed.
 */
export async function detachable<T>({ id, group }: Watched, watch: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const again = `\`runctl ${group} tail ${id}\` follows it`;
  const controller = new AbortController();
  const detach = () => controller.abort();
  process.once('SIGINT', detach);
  try {
    return await watch(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw new WatchLost(`${again} again.`, error);
    const farewell = `Detached. ${id} runs on: ${again}, \`runctl ${group} cancel ${id}\` ends it.`;
    throw new CommandFailure(farewell, interrupted);
  } finally {
    process.off('SIGINT', detach);
  }
}
