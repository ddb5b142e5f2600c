/** Bytes of a decoded answer that a call accepts: 64 MiB. */
export const LARGEST_ANSWER = 64 * 1024 * 1024;

/**
 * Reads a body to its end, or until it is longer than `most` decoded bytes; the rest is then left unread, and this
 * resolves with true. `chunks` fills up meanwhile, for who must do with what there is when reading fails or takes too long.
 */
export async function readBody(response: Response, most: number, chunks: Uint8Array[]): Promise<boolean> {
  const { body } = response;
  if (!body?.getReader) {
    // Empty, or of another realm.
    if (body !== null) chunks.push(new Uint8Array(await response.arrayBuffer()));
    return false;
  }
  const reader = body.getReader();
  for (let length = 0; length <= most; ) {
    const { done, value } = await reader.read();
    if (done) return false;
    chunks.push(value);
    length += value.length;
  }
  reader.cancel().catch(() => undefined);
  return true;
}

/** All bytes in one piece. The common answer is one chunk already. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first, second] = chunks;
  if (first && !second) return first;
  let offset = 0;
  for (const { length } of chunks) offset += length;
  const all = new Uint8Array(offset);
  offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

/** Bytes as text; a byte order mark is dropped, what is no UTF-8 becomes U+FFFD. */
export function textOf(chunks: readonly Uint8Array[]): string {
  return new TextDecoder().decode(joined(chunks));
}
