import type { StreamedEvent } from '../services/events/event-feed.ts';
import type { CutReason, EventReader } from '../services/events/event-reader.ts';
import type { OpenedStream } from '../services/events/event-streams.ts';
import { securityHeaders } from './headers.ts';

/** After a connection is lost a reader waits this long, milliseconds. */
const retryMs = 1_000;
/** Readers of a process that stops come back spread over this long, milliseconds. */
const spreadMs = 2_000;
/** Bytes of one write; an event that is larger stands alone. */
const largestChunk = 65_536;

const encoder = new TextEncoder();
const heartbeat = encoder.encode(':\n\n');
const end = encoder.encode('event: end\ndata: {}\n\n');
/** An event is written down once for all who are given it. */
const written = new WeakMap<StreamedEvent, Uint8Array>();

/** What the answer of a stream needs besides it. */
export interface SseParts {
  requestId: string;
  /** Told of an error that ends the stream. */
  onError(error: unknown): void;
}

/**
 * Events as a text/event-stream. It reads when the connection takes more, so a reader that does not read costs the one
 * chunk that is on its way; the server cuts a connection that stands still. Null: there is nothing to come, 204.
 */
export function eventStreamResponse(opened: OpenedStream | null, parts: SseParts): Response {
  const headers = { ...securityHeaders, 'x-request-id': parts.requestId };
  if (opened === null) return new Response(null, { status: 204, headers });
  return new Response(new ReadableStream(source(opened, parts), { highWaterMark: 0 }), {
    headers: {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Asks proxies to pass each event on as it comes.
      'x-accel-buffering': 'no',
    },
  });
}

function source({ reader, note }: OpenedStream, parts: SseParts): UnderlyingDefaultSource<Uint8Array> {
  let chunks: Uint8Array[] = [encoder.encode(`retry: ${retryMs}\n${note === undefined ? '' : `: ${note}\n`}\n`)];
  let isOver = false;
  return {
    async pull(controller) {
      if (chunks.length === 0 && !isOver) ({ chunks, isOver } = await nextChunks(reader, parts));
      const chunk = chunks.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      if (chunks.length > 0 || !isOver) return;
      reader.close();
      controller.close();
    },
    cancel: () => reader.close(),
  };
}

async function nextChunks(reader: EventReader, parts: SseParts): Promise<{ chunks: Uint8Array[]; isOver: boolean }> {
  try {
    const delivery = await reader.next();
    if (delivery.kind === 'events') return { chunks: joined(delivery.events.map(write)), isOver: false };
    if (delivery.kind === 'idle') return { chunks: [heartbeat], isOver: false };
    return { chunks: [delivery.kind === 'end' ? end : farewell(delivery.reason)], isOver: true };
  } catch (error) {
    // The reader comes back and is told then, as an answer, what is wrong.
    parts.onError(error);
    return { chunks: [], isOver: true };
  }
}

function farewell(reason: CutReason): Uint8Array {
  const delayMs = reason === 'stopping' ? retryMs + Math.floor(Math.random() * spreadMs) : retryMs;
  return encoder.encode(`retry: ${delayMs}\n: ${reason}\n\n`);
}

function write(event: StreamedEvent): Uint8Array {
  const known = written.get(event);
  if (known !== undefined) return known;
  // JSON holds no line break that is not escaped.
  const bytes = encoder.encode(`${event.id === null ? '' : `id: ${event.id}\n`}data: ${event.json}\n\n`);
  written.set(event, bytes);
  return bytes;
}

/** Few writes for many small events. */
function joined(parts: readonly Uint8Array[]): Uint8Array[] {
  if (parts.length === 1) return [...parts];
  const chunks: Uint8Array[] = [];
  let group: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    if (size + part.byteLength > largestChunk && group.length > 0) {
      chunks.push(Buffer.concat(group));
      group = [];
      size = 0;
    }
    group.push(part);
    size += part.byteLength;
  }
  chunks.push(Buffer.concat(group));
  return chunks;
}
