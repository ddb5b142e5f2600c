import { RunctlDecodeError } from '../errors/decode-error.ts';

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

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const BYTE_ORDER_MARK = 0xfeff;
const NO_BYTES = new Uint8Array();

/**
 * The standard's event-stream parser: bytes in, cut anywhere; whole events out, in batches.
 *
 * One pass: each character is scanned for a line's end once, however the chunks were cut. Bounded memory: a line or an
 * event's data over the cap is a decode error. One parser serves one connection; what a disconnect leaves unfinished
 * goes with it.
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
  #atStart = true;
  #skipLineFeed = false;
  /** Bytes of a character that the last chunk cut in two. */
  #cutBytes: Uint8Array = NO_BYTES;
  /** The line that the last chunk left open. */
  #openLine = '';
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
  feed(chunk: Uint8Array | string): ServerSentEvent[] {
    const text = typeof chunk === 'string' ? chunk : this.#decode(chunk);
    const events: ServerSentEvent[] = [];
    if (text === '') return events;
    const first = text.charCodeAt(0);
    // Past a byte order mark, or past the line feed of a CRLF that was cut in two.
    let start = (this.#atStart && first === BYTE_ORDER_MARK) || (this.#skipLineFeed && first === LINE_FEED) ? 1 : 0;
    this.#atStart = false;
    this.#skipLineFeed = false;
    let lineFeed = text.indexOf('\n', start);
    let carriageReturn = text.indexOf('\r', start);
    while (lineFeed !== -1 || carriageReturn !== -1) {
      const endsInReturn = carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed);
      const end = endsInReturn ? carriageReturn : lineFeed;
      this.#endLine(text, start, end, events);
      start = end + 1;
      if (endsInReturn) {
        if (start === lineFeed) start += 1;
        this.#skipLineFeed = start === text.length && text.charCodeAt(start - 1) === 0x0d;
        carriageReturn = text.indexOf('\r', start);
      }
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf('\n', start);
    }
    if (start < text.length) {
      this.#bound(this.#openLine.length + text.length - start, 'line');
      this.#openLine += text.slice(start);
    }
    return events;
  }

  /**
   * Decodes all whole characters and keeps the bytes of one that is cut. Without `stream: true` Node's decoder takes
   * its fast path, and ASCII comes out as one byte a character.
   */
  #decode(chunk: Uint8Array): string {
    let bytes = chunk;
    if (this.#cutBytes.length > 0) {
      bytes = new Uint8Array(this.#cutBytes.length + chunk.length);
      bytes.set(this.#cutBytes);
      bytes.set(chunk, this.#cutBytes.length);
    }
    const whole = bytes.length - cutLength(bytes);
    this.#cutBytes = whole === bytes.length ? NO_BYTES : bytes.slice(whole);
    return this.#decoder.decode(whole === bytes.length ? bytes : bytes.subarray(0, whole));
  }

  #endLine(text: string, start: number, end: number, events: ServerSentEvent[]): void {
    this.#bound(this.#openLine.length + end - start, 'line');
    if (this.#openLine !== '') {
      const line = this.#openLine + text.slice(start, end);
      this.#openLine = '';
      this.#field(line, 0, line.length);
    } else if (start < end) {
      this.#field(text, start, end);
    } else {
      this.#dispatch(events);
    }
  }

  /** A comment, and a field that the standard does not know, fall through. */
  #field(text: string, start: number, end: number): void {
    const data = fieldValue('data', text, start, end);
    if (data !== undefined) this.#append(data);
    this.#type = fieldValue('event', text, start, end) ?? this.#type;
    const id = fieldValue('id', text, start, end) ?? '\0';
    if (!id.includes('\0')) this.#id = id;
    const retry = fieldValue('retry', text, start, end) ?? '';
    if (/^[0-9]+$/.test(retry)) this.retryMs = Number(retry);
  }

  #append(value: string): void {
    if (this.#data === undefined) {
      this.#data = value;
      return;
    }
    this.#bound(this.#data.length + 1 + value.length, 'event');
    this.#data += `\n${value}`;
  }

  #dispatch(events: ServerSentEvent[]): void {
    if (this.#id !== undefined) this.lastEventId = this.#id;
    if (this.#data !== undefined) events.push({ type: this.#type || 'message', data: this.#data, id: this.#id });
    this.#type = '';
    this.#data = undefined;
    this.#id = undefined;
  }

  #bound(characters: number, what: string): void {
    if (characters <= this.#maxCharacters) return;
    throw new RunctlDecodeError(`The stream sent one ${what} of more than ${this.#maxCharacters} characters.`, {
      code: 'stream.too_large',
      status: 200,
    });
  }
}

/** Bytes at the end that begin a character but do not complete it: 0 to 3. */
function cutLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** The value where the line's field is `name`: past the colon and one space; empty where the line is the name alone. */
function fieldValue(name: string, text: string, start: number, end: number): string | undefined {
  const colon = start + name.length;
  if (colon > end || !text.startsWith(name, start)) return undefined;
  if (colon === end) return '';
  if (text.charCodeAt(colon) !== COLON) return undefined;
  return text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end);
}
