/** A statement that writes by itself, outside a transaction. */
const writing = /^\s*(?:INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b/i;
/** The tag of a statement that has changed something: rows, or the schema. */
const changed = /^(?:INSERT \d+ [1-9]|(?:UPDATE|DELETE) [1-9]|CREATE|ALTER|DROP)/;

/**
 * Follows what a client and its Postgres say to each other, as the protocol has it (version 3.0), far enough to know
 * which message makes something durable: the COMMIT of a transaction that has changed something, or a statement that
 * writes by itself.
 *
 * @see https://www.postgresql.org/docs/15/protocol-message-formats.html
 */
export class PostgresConversation {
  #sent = Buffer.alloc(0);
  #received = Buffer.alloc(0);
  #isStarted = false;
  #isInTransaction = false;
  #hasChanged = false;
  readonly #named = new Map<string, string>();
  #bound = '';

  /** Takes what the client has sent; true where it asks for something to be made durable. */
  sent(bytes: Buffer): boolean {
    this.#sent = Buffer.concat([this.#sent, bytes]);
    let isCommit = false;
    if (!this.#isStarted) {
      // The first message alone has no type: it is a length and the parameters.
      if (this.#sent.length < 4 || this.#sent.length < this.#sent.readInt32BE(0)) return false;
      this.#sent = this.#sent.subarray(this.#sent.readInt32BE(0));
      this.#isStarted = true;
    }
    for (let message = this.#take('#sent'); message !== undefined; message = this.#take('#sent')) {
      isCommit = this.#asksToCommit(message) || isCommit;
    }
    return isCommit;
  }

  /** Takes what the server has answered. */
  received(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (let message = this.#take('#received'); message !== undefined; message = this.#take('#received')) {
      if (message.type === 'Z') this.#isInTransaction = message.body.toString('latin1', 0, 1) !== 'I';
      if (message.type === 'Z' && !this.#isInTransaction) this.#hasChanged = false;
      if (message.type === 'C' && changed.test(text(message.body, 0))) this.#hasChanged = true;
    }
  }

  #asksToCommit({ type, body }: Message): boolean {
    if (type === 'Q') {
      const sql = text(body, 0);
      // What follows may be sent before the answer says that there is a transaction.
      if (/^\s*BEGIN\b/i.test(sql)) this.#isInTransaction = true;
      return this.#isDurable(sql);
    }
    if (type === 'P') {
      const name = text(body, 0);
      this.#named.set(name, text(body, name.length + 1));
    }
    if (type === 'B') this.#bound = this.#named.get(text(body, text(body, 0).length + 1)) ?? '';
    return type === 'E' && this.#isDurable(this.#bound);
  }

  #isDurable(sql: string): boolean {
    return this.#isInTransaction ? /^\s*COMMIT\b/i.test(sql) && this.#hasChanged : writing.test(sql);
  }

  #take(side: '#sent' | '#received'): Message | undefined {
    const bytes = side === '#sent' ? this.#sent : this.#received;
    if (bytes.length < 5) return undefined;
    const end = 1 + bytes.readInt32BE(1);
    if (bytes.length < end) return undefined;
    const rest = bytes.subarray(end);
    if (side === '#sent') this.#sent = rest;
    else this.#received = rest;
    return { type: String.fromCharCode(bytes[0] ?? 0), body: bytes.subarray(5, end) };
  }
}

interface Message {
  type: string;
  body: Buffer;
}

/** The text that begins there and ends with a zero. */
function text(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start));
}
