import { RunctlDecodeError } from '../errors/decode-error.ts';
import { joined } from '../transport/read-body.ts';

/** One event of a stream, as its bytes said it. */
export interface ServerSentEvent {
  /** The `event:` field, `message` where there was none. */
  type: string;
  /** The `data:` lines, joined by line feeds. */
  data: string;
  /** The `id:` field of this very event; undefined where it had none (the stream's last id then goes on to hold). */
  id: string | undefined;
}

/** Characters that one line, and the data of one event, may have: 8 Mi. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * The standard's event-stream parser: bytes in, cut anywhere; whole events out, in batches.
 *
 * Only whole lines are decoded: a line's end is never part of another character, so no character is cut, and each byte is
 * decoded once, however the chunks came. Bounded memory: a line or an event's data over the cap is a decode error. One
 * parser serves one connection; what a disconnect leaves unfinished goes with it.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  /** The id of the last event that was complete (an event of an id alone counts); empty before the first. */
  lastEventId = '';
  /** The `retry:` field as last seen, milliseconds, without bounds: `Infinity` is possible. */
  retryMs: number | undefined;

  readonly #maxCharacters: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** What is passed over where the next line begins with it: the byte order mark, the rest of a CRLF that was cut. */
  #skip = '\ufeff';
  /** The line that the last chunk left open. */
  #open: Uint8Array[] = [];
  #openLength = 0;
  #type = '';
  #data: string | undefined;
  #id: string | undefined;

  constructor(maxCharacters: number = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  /**
   * The events that this chunk completes; none is common: comments, half an event.
   *
   * @throws {RunctlDecodeError} a line or an event's data is over the cap
   */
  feed(chunk: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const lineFeedEnd = chunk.lastIndexOf(LINE_FEED) + 1;
    const end = lineFeedEnd + chunk.subarray(lineFeedEnd).lastIndexOf(CARRIAGE_RETURN) + 1;
    this.#open.push(chunk.subarray(0, end || chunk.length));
    if (end > 0) {
      // Not `stream: true`: whole text takes the decoder's fast path, and ASCII comes out as one byte a character.
      const whole = this.#decoder.decode(joined(this.#open));
      const lines = whole.startsWith(this.#skip) ? whole.slice(this.#skip.length) : whole;
      // Few servers send them, and to look for them costs less than to replace none.
      const text = lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines;
      for (let start = 0, stop = 0; ; start = stop + 1) {
        stop = text.indexOf('\n', start);
        if (stop < 0) break;
        if (stop > start) this.#field(text, start, stop);
        else this.#dispatch(events);
      }
      this.#skip = whole.endsWith('\r') ? '\n' : '';
      this.#open = [chunk.subarray(end)];
      this.#openLength = 0;
    }
    this.#openLength += chunk.length - end;
    this.#bound(this.#openLength);
    return events;
  }

  /** A comment, and a field that the standard does not know, fall through. */
  #field(text: string, start: number, end: number): void {
    const colon = text.indexOf(':', start);
    const nameEnd = colon < 0 || colon > end ? end : colon;
    const name = text.slice(start, nameEnd);
    const value = text.slice(nameEnd + (text[nameEnd + 1] === ' ' ? 2 : 1), end);
    if (name === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    this.#bound(Math.max(this.#data?.length ?? 0, end - start));
  }

  #dispatch(events: ServerSentEvent[]): void {
    this.lastEventId = this.#id ?? this.lastEventId;
    if (this.#data !== undefined) events.push({ type: this.#type || 'message', data: this.#data, id: this.#id });
    this.#type = '';
    this.#data = undefined;
    this.#id = undefined;
  }

  #bound(characters: number): void {
    if (characters <= this.#maxCharacters) return;
    throw new RunctlDecodeError(`The stream sent an event of more than ${this.#maxCharacters} characters.`, {
      code: 'stream.too_large',
      status: 200,
    });
  }
}
