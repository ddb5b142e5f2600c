/** How many ids are remembered where ids have no order. */
const REMEMBERED = 1024;

/** Characters that an id of Runctl's own has at most. */
const LONGEST = 99;

/**
 * The ids that a stream has delivered, in constant memory. Runctl's own ids (`evt_...`) only ever grow along a stream, so
 * one mark is enough; of other servers' ids it remembers the latest.
 */
export class SeenIds {
  /** The id to resume after; null for the beginning. */
  last: string | null = null;
  #mark = '';
  readonly #recent = new Set<string>();

  /** True where the id was there before, in which case the event is a repetition; otherwise remembers it. */
  check(id: string): boolean {
    // Ids of one length order as text; a longer one is later, so that `evt_10` follows `evt_9`.
    const place = id.padStart(LONGEST);
    const hasOrder = id.startsWith('evt_');
    if (hasOrder ? place <= this.#mark : this.#recent.has(id)) return true;
    if (hasOrder) this.#mark = place;
    else this.#recent.add(id);
    const [oldest = ''] = this.#recent;
    if (this.#recent.size > REMEMBERED) this.#recent.delete(oldest);
    this.last = id;
    return false;
  }
}
