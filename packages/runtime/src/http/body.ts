import type { Context } from 'hono';
import { Failure, invalid } from '../services/failure.ts';
import { checkJsonText, checkNoneTwice, findUnstorable } from './json-text.ts';
import { header } from './request-headers.ts';

/** Bytes of a body. */
export const largestBody = 1_048_576;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A body as it came, and what it says. */
export interface ReadBody {
  /** As they came: what an idempotency key is bound to. */
  bytes: Uint8Array;
  /** Undefined where there was none. */
  value: unknown;
}

/**
 * Reads a JSON body of at most 1 MiB.
 *
 * @throws {Failure} `request.too_large`, `request.unsupported_media_type`, `request.malformed`, `request.invalid`
 */
export async function readJsonBody(c: Context): Promise<ReadBody> {
  const bytes = await readBytes(c);
  if (bytes.byteLength === 0) return { bytes, value: undefined };
  checkMediaType(c);
  const text = decode(bytes);
  const members = checkJsonText(text);
  const value = parse(text);
  checkNoneTwice(value, members);
  const issue = findUnstorable(text, value);
  if (issue !== undefined) throw invalid([issue]);
  return { bytes, value };
}

function checkMediaType(c: Context): void {
  const type = header(c, 'content-type');
  const encoding = header(c, 'content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new Failure('request.unsupported_media_type', `The body is encoded as ${encoding}, expected no encoding.`);
  }
  const essence = type?.split(';', 1)[0]?.trim().toLowerCase();
  if (essence === 'application/json') return;
  const message = `The body is ${essence === undefined ? 'of no stated type' : essence}, expected application/json.`;
  throw new Failure('request.unsupported_media_type', message, { hint: 'Send content-type: application/json.' });
}

/**
 * A body of at most 1 MiB, as it came. With a stated length Node itself holds the sender to it; without one the bytes
 * are counted as they come.
 *
 * @throws {Failure} `request.too_large`
 */
export async function readBytes(c: Context): Promise<Uint8Array> {
  const stated = header(c, 'content-length');
  if (stated !== undefined) {
    if (!(Number(stated) <= largestBody)) throw tooLarge();
    const bytes = new Uint8Array(await c.req.raw.arrayBuffer().catch(brokenOff));
    if (bytes.byteLength > largestBody) throw tooLarge();
    return bytes;
  }
  return c.req.raw.body === null ? new Uint8Array() : readCounted(c.req.raw.body);
}

async function readCounted(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(brokenOff);
    if (done) return Buffer.concat(chunks);
    size += value.byteLength;
    if (size > largestBody) {
      void reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
}

/** The client left. Nobody reads the answer, but it is no fault that the log should hear of. */
function brokenOff(cause: unknown): never {
  throw new Failure('request.malformed', 'The body ended before it was complete.', { cause });
}

function tooLarge(): Failure {
  return new Failure('request.too_large', `The body is larger than ${largestBody} bytes.`, {
    hint: 'Keep large inputs elsewhere and send their address.',
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new Failure('request.malformed', 'The body is not UTF-8.', { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message.replace(/, ".*$/s, '') : 'it cannot be read';
    throw new Failure('request.malformed', `The body is not JSON: ${reason.slice(0, 200)}.`, { cause });
  }
}
