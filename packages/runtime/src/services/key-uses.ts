import type { Store } from '../store/store.ts';
import { setKeyUsed } from './accounts/above-tenants.ts';

/** How often uses are written down, milliseconds; and how exact they are. */
const writeEveryMs = 60_000;

/** When keys were last used, to the minute: noted in memory, written together, so that a request writes nothing. */
export class KeyUses {
  readonly #store: Store;
  readonly #lastUses = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(store: Store, onError: (error: unknown) => void) {
    this.#store = store;
    this.#timer = setInterval(() => void this.flush().catch(onError), writeEveryMs);
    this.#timer.unref();
  }

  /** Costs no query. */
  note(apiKeyId: string, usedAt: number): void {
    this.#lastUses.set(apiKeyId, usedAt);
  }

  /** Writes down what was noted. */
  async flush(): Promise<void> {
    const uses = [...this.#lastUses].toSorted(([one], [other]) => (one < other ? -1 : 1));
    this.#lastUses.clear();
    if (uses.length === 0) return;
    await this.#store.write(async ({ query }) => {
      for (const [id, usedAt] of uses) {
        await setKeyUsed(query, id, usedAt).execute();
      }
    });
  }

  /** Writes what is left, and nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
