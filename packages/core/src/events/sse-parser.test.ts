import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import { type ServerSentEvent, type SseParser, sseParser } from './sse-parser.ts';

const encoder = new TextEncoder();

function parse(...chunks: (string | Uint8Array)[]): ServerSentEvent[] {
  const parser = sseParser();
  return chunks.flatMap((chunk) => feed(parser, chunk));
}

function feed(parser: SseParser, chunk: string | Uint8Array): ServerSentEvent[] {
  return parser.feed(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
}

function message(data: string, id?: string): ServerSentEvent {
  return { type: 'message', data, id };
}

/** The standard's text, line by line, over the whole stream at once: slow, and easy to compare with the standard. */
function reference(bytes: Uint8Array): { events: ServerSentEvent[]; lastEventId: string; retryMs: number | undefined } {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  lines.pop();
  const events: ServerSentEvent[] = [];
  let [type, data, idBuffer, lastEventId] = ['', '', '', ''];
  let ownId: string | undefined;
  let retryMs: number | undefined;
  for (const line of lines) {
    if (line === '') {
      lastEventId = idBuffer;
      if (data !== '') events.push({ type: type === '' ? 'message' : type, data: data.slice(0, -1), id: ownId });
      type = '';
      data = '';
      ownId = undefined;
      continue;
    }
    if (line.startsWith(':')) continue;
    const [, field = line, text = ''] = /^([^:]*):(.*)$/s.exec(line) ?? [];
    const value = text.startsWith(' ') ? text.slice(1) : text;
    if (field === 'event') type = value;
    if (field === 'data') data += `${value}\n`;
    if (field === 'id' && !value.includes('\0')) {
      idBuffer = value;
      ownId = value;
    }
    if (field === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value);
  }
  return { events, lastEventId, retryMs };
}

/** Bytes that look like a stream, in pieces that a stream may be made of. */
const streamBytes = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('data', 'event', 'id', 'retry', ':', ': ', ' ', 'datax', 'dat', 'evt_1'),
      },
      {
        weight: 6,
        arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\0', '\u{feff}', 'é', '€', '😀', '17', '{}'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(0xc0, 0xc3, 0xe2, 0xf0, 0x80, 0xed, 0xff).map((byte) => Uint8Array.of(byte)),
      },
    ),
    { maxLength: 60 },
  )
  .map((pieces) => {
    const parts = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece));
    return new Uint8Array(parts.flatMap((part) => [...part]));
  });

/** The bytes cut at the given places, empty pieces included. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

describe('sseParser', () => {
  it('gives the events of the standard however the bytes are cut', () => {
    fc.assert(
      fc.property(streamBytes, fc.array(fc.nat(), { maxLength: 12 }), (bytes, places) => {
        const parser = sseParser();
        const events = cut(bytes, places).flatMap((chunk) => parser.feed(chunk));
        const { lastEventId, retryMs } = parser;
        expect({ events, lastEventId, retryMs }).toEqual(reference(bytes));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same events a byte at a time', () => {
    const bytes = encoder.encode('\u{feff}id: 1\r\ndata: grüße 😀\r\ndata: €\r\n\r\n: life\r\revent: end\rdata\r\r');
    expect(parse(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([
      message('grüße 😀\n€', '1'),
      { type: 'end', data: '', id: undefined },
    ]);
  });

  it('joins data lines, removes one space and ignores fields it does not know', () => {
    expect(parse('data: a\ndata:  b\ndata\nDATA: c\ndatax: d\nid\n\n')).toEqual([message('a\n b\n', '')]);
  });

  it('holds back an event that the end of the stream cuts', () => {
    expect(parse('data: whole\n\ndata: half\n')).toEqual([message('whole')]);
    expect(parse('data: whole\r\r')).toEqual([message('whole')]);
  });

  it('removes one byte order mark, at the start alone', () => {
    expect(parse('\u{feff}data: a\n\n\u{feff}data: b\n\n')).toEqual([message('a')]);
    expect(parse(encoder.encode('data: a'), encoder.encode('\u{feff}b\n\n'))).toEqual([message('a\u{feff}b')]);
    expect(parse(Uint8Array.of(0xef), Uint8Array.of(0xbb, 0xbf), 'data: a\n\n')).toEqual([message('a')]);
  });

  it('ignores an id with NUL and a retry that is not digits alone', () => {
    const parser = sseParser();
    feed(parser, 'id: 1\nretry: 10\n\nid: 2\0\nretry: 1e3\nretry: -1\nretry:\n\n');
    expect(parser.lastEventId).toBe('1');
    expect(parser.retryMs).toBe(10);
  });

  it('takes over an id only when its event is complete', () => {
    const parser = sseParser();
    feed(parser, 'id: 1\n\nid: 2\ndata: half');
    expect(parser.lastEventId).toBe('1');
  });

  it('replaces bytes that are no UTF-8 and goes on', () => {
    expect(parse(encoder.encode('data: '), Uint8Array.of(0xff, 0xc3), encoder.encode('\n\n'))).toEqual([
      message('\u{fffd}\u{fffd}'),
    ]);
  });

  it('refuses a line over the cap, cut or whole, before it holds it', () => {
    const parser = sseParser(16);
    expect(() => {
      for (;;) feed(parser, 'aaaa');
    }).toThrow(RunctlDecodeError);
    expect(() => feed(sseParser(16), 'data: 12345678901\n')).toThrow('more than 16 characters');
  });

  it('refuses an event whose lines together are over the cap', () => {
    expect(() => feed(sseParser(16), 'data: 12345678\ndata: 12345678\n')).toThrow(RunctlDecodeError);
    expect(feed(sseParser(16), 'data: 12345678\n\ndata: 12345678\n\n')).toHaveLength(2);
  });
});
