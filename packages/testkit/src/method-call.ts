import { type RecordedRequest, startRecordingServer } from './recording-server.ts';

/** One method of a resource, called once, and what has to be on the wire then. */
export interface MethodCall<Resource, Route extends string> {
  /** The key of the route table that the method names. */
  route: Route;
  /** Calls the method, with the options where it takes any. */
  call: (resource: Resource, options: { headers: Record<string, string>; idempotencyKey: string }) => unknown;
  /** Below `/v1`. */
  path: string;
  /** Default: none. */
  query?: RecordedRequest['query'];
  /** Default: none. */
  body?: unknown;
  /** What the server answers. Text is an event stream. Default: an entity that has ended. */
  answer?: unknown;
}

/** What the server answers where a call does not say. */
const ENDED = { id: 'x_1', status: 'completed', version: 1, result: null, output: null };

/** The last page of a list without items. */
export const emptyPage = {
  data: [],
  pagination: { page: null, limit: 20, total: null, totalPages: null, hasMore: false },
  nextCursor: null,
};

/** What came over the wire, and what the method gave. */
export interface ObservedCall {
  /** The request as expected; equal to `expected` where the method is right. */
  seen: object;
  expected: object;
  /** The whole first request. */
  request: RecordedRequest | undefined;
  result: unknown;
}

/** Calls a method against a real HTTP server, reads all it gives, and says what was and what should have been asked. */
export async function observeCall<Resource>(
  method: MethodCall<Resource, string>,
  connect: (baseUrl: string) => Resource,
): Promise<ObservedCall> {
  const server = await startRecordingServer(() => method.answer ?? ENDED);
  try {
    const options = { headers: { 'x-from-options': 'yes' }, idempotencyKey: 'key-from-options' };
    const result = await readAll(method.call(connect(server.url), options));
    const [request] = server.requests;
    return { seen: summary(request), expected: expectedSummary(method), request, result };
  } finally {
    await server.close();
  }
}

function summary(request: RecordedRequest | undefined): object {
  return {
    method: request?.method,
    path: request?.path,
    query: request?.query,
    body: request?.body,
    options: request?.headers['x-from-options'],
    idempotencyKey: isWrite(request?.method) ? request?.headers['idempotency-key'] : undefined,
  };
}

function expectedSummary({ route, path, query = {}, body }: MethodCall<never, string>): object {
  const [method] = route.split(' ');
  const idempotencyKey = isWrite(method) ? 'key-from-options' : undefined;
  return { method, path: `/v1${path}`, query, body, options: 'yes', idempotencyKey };
}

function isWrite(method: string | undefined): boolean {
  return method === 'POST' || method === 'PATCH';
}

async function readAll(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || !(Symbol.asyncIterator in value)) return value;
  const items: unknown[] = [];
  for await (const item of value as AsyncIterable<unknown>) items.push(item);
  return items;
}

/** Names of all public methods of an object, those of its parts as `part.method`, sorted. */
export function methodNames(resource: object): string[] {
  const own = Object.entries(resource);
  const inherited = inheritedNames(resource).map((name): [string, unknown] => [name, Reflect.get(resource, name)]);
  return [...own, ...inherited]
    .flatMap(([name, value]) => {
      if (typeof value === 'function') return [name];
      return typeof value === 'object' && value !== null ? methodNames(value).map((inner) => `${name}.${inner}`) : [];
    })
    .sort();
}

function inheritedNames(resource: object): string[] {
  const prototype = Object.getPrototypeOf(resource);
  if (prototype === null || prototype === Object.prototype) return [];
  return Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
}
