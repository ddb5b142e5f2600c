/** How many ids are remembered where ids have no order. */
const REMEMBERED = 1024;

/**
 * The ids that a stream has delivered, in constant memory. Runctl's own ids (`evt_...`) only ever grow along a stream, so
 * one mark is enough; of other servers' ids it remembers the latest.
 */
export class SeenIds {
  #mark = '';
  readonly #recent = new Set<string>();

  /** True where the id was there before, in which case the event is a repetition; otherwise remembers it. */
  check(id: string): boolean {
    if (id.startsWith('evt_')) {
      if (!isLater(id, this.#mark)) return true;
      this.#mark = id;
      return false;
    }
    if (this.#recent.has(id)) return true;
    this.#recent.add(id);
    if (this.#recent.size > REMEMBERED) {
      for (const oldest of this.#recent) {
        this.#recent.delete(oldest);
        break;
      }
    }
    return false;
  }
}

/** Ids of one length order as text; a longer one is later, so that `evt_10` follows `evt_9`. */
function isLater(id: string, mark: string): boolean {
  return id.length === mark.length ? id > mark : id.length > mark.length;
}
