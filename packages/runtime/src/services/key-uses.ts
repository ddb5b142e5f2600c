import type { Store } from '../store/store.ts';

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

  /** Writes down what was noted. By primary key; a later use that another process has written stays. */
  async flush(): Promise<void> {
    const uses = [...this.#lastUses].toSorted(([one], [other]) => (one < other ? -1 : 1));
    this.#lastUses.clear();
    if (uses.length === 0) return;
    await this.#store.write(async ({ query }) => {
      for (const [id, usedAt] of uses) {
        await query
          .updateTable('api_keys')
          .set({ last_used_at: usedAt })
          .where('id', '=', id)
          .where(({ or, eb }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', usedAt)]))
          .execute();
      }
    });
  }

  /** Writes what is left, and nothing more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
