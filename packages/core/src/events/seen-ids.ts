/** How many ids are remembered where ids have no order. */
const REMEMBERED = 1024;

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
    const mark = this.#mark;
    if (id.startsWith('evt_')) {
      // Ids of one length order as text; a longer one is later, so that `evt_10` follows `evt_9`.
      if (id.length === mark.length ? id <= mark : id.length < mark.length) return true;
      this.#mark = id;
    } else {
      if (this.#recent.has(id)) return true;
      const [oldest = ''] = this.#recent.add(id);
      if (this.#recent.size > REMEMBERED) this.#recent.delete(oldest);
    }
    this.last = id;
    return false;
  }
}
