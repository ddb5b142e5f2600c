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

/** What one connection says. */
export interface SseParser {
  /** The id of the last event that was complete (an event of an id alone counts); empty before the first. */
  lastEventId: string;
  /** The `retry:` field as last seen, milliseconds, without bounds: `Infinity` is possible. */
  retryMs: number | undefined;
  /**
   * The events that this chunk completes; none is common: comments, half an event.
   *
   * @throws {RunctlDecodeError} a line or an event's data is over the cap
   */
  feed: (chunk: Uint8Array) => ServerSentEvent[];
}

/**
 * The standard's event-stream parser: bytes in, cut anywhere; whole events out, in batches.
 *
 * Only whole lines are decoded: a line's end is never part of another character, so no character is cut, and each byte is
 * decoded once, however the chunks came. Bounded memory: a line or an event's data over the cap is a decode error. One
 * parser serves one connection; what a disconnect leaves unfinished goes with it.
 *
 * `maxCharacters` is what one line, and the data of one event, may have.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function sseParser(maxCharacters: number = 8 * 1024 * 1024): SseParser {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** What is passed over where the next line begins with it: the byte order mark, the rest of a CRLF that was cut. */
  let skip = '\ufeff';
  /** The line that the last chunk left open. */
  let open: Uint8Array[] = [];
  let openLength = 0;
  let type = '';
  let data: string | undefined;
  let id: string | undefined;

  const bound = (characters: number) => {
    if (characters <= maxCharacters) return;
    throw new RunctlDecodeError(`An event has more than ${maxCharacters} characters.`, {
      code: 'stream.too_large',
      status: 200,
    });
  };
  /** A comment, and a field that the standard does not know, fall through. */
  const takeField = (text: string, start: number, end: number) => {
    const colon = text.indexOf(':', start);
    const nameEnd = colon < 0 || colon > end ? end : colon;
    const name = text.slice(start, nameEnd);
    const value = text.slice(nameEnd + (text[nameEnd + 1] === ' ' ? 2 : 1), end);
    if (name === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) parser.retryMs = Number(value);
    bound(Math.max(data?.length ?? 0, end - start));
  };
  const feed = (chunk: Uint8Array) => {
    const LINE_FEED = 10;
    const CARRIAGE_RETURN = 13;
    const lineFeedEnd = chunk.lastIndexOf(LINE_FEED) + 1;
    const linesEnd = lineFeedEnd + chunk.subarray(lineFeedEnd).lastIndexOf(CARRIAGE_RETURN) + 1;
    const events: ServerSentEvent[] = [];
    if (linesEnd > 0) {
      // Not `stream: true`: whole text takes the decoder's fast path, and ASCII comes out as one byte a character.
      const text = decoder.decode(joined([...open, chunk.subarray(0, linesEnd)]));
      // Few servers send carriage returns, and to look for them costs less than to replace none.
      const lines = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
      let start = text.startsWith(skip) ? skip.length : 0;
      for (let end = lines.indexOf('\n', start); end >= 0; end = lines.indexOf('\n', start)) {
        if (end > start) takeField(lines, start, end);
        else {
          parser.lastEventId = id ?? parser.lastEventId;
          if (data !== undefined) events.push({ type: type || 'message', data, id });
          type = '';
          data = id = undefined;
        }
        start = end + 1;
      }
      skip = text.endsWith('\r') ? '\n' : '';
      open = [];
      openLength = 0;
    }
    open.push(chunk.subarray(linesEnd));
    openLength += chunk.length - linesEnd;
    bound(openLength);
    return events;
  };
  const parser: SseParser = { lastEventId: '', retryMs: undefined, feed };
  return parser;
}
