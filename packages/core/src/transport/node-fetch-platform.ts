/**
 * As much of Node as the transport uses, in types of our own: with Node's, every declaration of the SDK would ask its
 * reader for them. The modules are asked for at run time, so that no bundler finds an import that it cannot resolve.
 */
interface NodeModules {
  'node:http': HttpModule;
  'node:https': HttpModule;
  'node:stream': { pipeline(streams: readonly ByteSource[], done: (error?: unknown) => void): ByteSource };
  'node:zlib': Record<'createGunzip' | 'createInflate' | 'createBrotliDecompress', () => ByteSource>;
}

/** `node:http` and `node:https`. */
export interface HttpModule {
  Agent: new (options: object) => object;
  request(options: object, answer: (message: IncomingMessage) => void): ClientRequest;
}

/** A request that is being sent. */
export interface ClientRequest {
  on(event: 'error', listener: (error: object) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  end(body?: string | Uint8Array): unknown;
  destroy(): unknown;
  /** Whether all of it has left the process. */
  readonly writableFinished: boolean;
}

/** A readable stream of bytes. */
export interface ByteSource {
  on(event: 'data', listener: (chunk: Uint8Array<ArrayBuffer>) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: object) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** An answer, its body still to come. */
export interface IncomingMessage extends ByteSource {
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: string[];
}

interface Process {
  getBuiltinModule?<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined;
}

/** One of Node's modules; undefined on a platform that has none. */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  return (globalThis as { process?: Process }).process?.getBuiltinModule?.(name);
}
