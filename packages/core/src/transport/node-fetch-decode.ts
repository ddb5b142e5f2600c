import { type ByteSource, type IncomingMessage, nodeModule } from './node-fetch-platform.ts';

/** What `decoded` can undo, as a request says it. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

const decoders = {
  gzip: 'createGunzip',
  'x-gzip': 'createGunzip',
  deflate: 'createInflate',
  br: 'createBrotliDecompress',
} as const;

/**
 * The bytes of a body without its encodings. Data that are cut or broken are an error of the stream; an encoding that is
 * not known is left as it is, for who reads the body to stumble over. How much may come out is for the reader to say.
 */
export function decoded(message: IncomingMessage): ByteSource {
  const { 'content-encoding': encodings, 'content-length': length } = message.headers;
  if (typeof encodings !== 'string' || length === '0') return message;
  // The last one named was the last one done.
  const names = encodings
    .toLowerCase()
    .split(/\s*,\s*/)
    .reverse();
  const steps = names.filter((name) => name !== 'identity').map((name) => decoders[name as keyof typeof decoders]);
  const zlib = nodeModule('node:zlib');
  const stream = nodeModule('node:stream');
  if (!zlib || !stream || steps.length === 0 || steps.includes(undefined as never)) return message;
  // The last stream of the line has every failure; the callback has nothing to add.
  return stream.pipeline([message, ...steps.map((step) => zlib[step]())], () => undefined);
}
