import { RunctlConfigError } from '../errors/config-error.ts';
import { invalidRequest } from '../errors/invalid-request.ts';
import { type HeaderFields, mergeHeaders } from '../options/headers.ts';
import type { RequestOptions } from '../options/request-options.ts';
import { type CallLimits, ownOptions, type ResolvedOptions, resolveLimits } from '../options/resolve-options.ts';
import { bodyText } from '../request/body.ts';
import { queryText } from '../request/query.ts';
import { fillRoute } from '../request/route.ts';
import { freshKey } from './fresh-key.ts';
import type { TransportRequest } from './transport.ts';

/** One call, checked, and the same for all of its attempts. */
export interface CallPlan {
  route: string;
  method: string;
  /** Below the base URL, without the query: what an error may show. */
  path: string;
  url: string;
  headers: HeaderFields;
  body: Exclude<BodyInit, ReadableStream> | undefined;
  idempotencyKey: string | undefined;
  limits: CallLimits;
  signal: AbortSignal | undefined;
  /** What becomes of the answer's body: decoded, handed over whole, or handed over unread. */
  as: 'json' | 'bytes' | 'stream';
  answer: TransportRequest['answer'];
}

/**
 * Plans a call along a route.
 *
 * @throws {RunctlValidationError} status 0 - an id, the query or the body cannot be sent
 * @throws {RunctlConfigError} an option is bad
 */
export function planRequest(
  client: ResolvedOptions,
  request: TransportRequest,
  options: RequestOptions = {},
): CallPlan {
  const { route, params, query, body, answer } = ownOptions(request);
  const { method, path } = fillRoute(route, params);
  const text = bodyText(body);
  return {
    ...planOptions(client, method, options, text !== undefined),
    route,
    path,
    url: client.baseUrl + path + queryText(query),
    body: text,
    as: 'json',
    answer,
  };
}

/**
 * Plans a call to a path that no route names.
 *
 * @throws {RunctlValidationError} status 0 - the path leaves the base URL, or the body can be sent only once
 */
export function planFetch(client: ResolvedOptions, path: string, init: RequestInit & RequestOptions = {}): CallPlan {
  const own = ownOptions(init);
  const method = (own.method ?? 'GET').toUpperCase();
  if (!/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method)) {
    throw invalidRequest('`method` must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.', 'method');
  }
  const { body } = own;
  if (body instanceof ReadableStream || (body && /^(GET|HEAD)$/.test(method))) {
    throw invalidRequest('`body` must be text or bytes that can be sent again, and none with GET or HEAD.', 'body');
  }
  const url = new URL(client.baseUrl);
  const root = `${url.href}/`;
  const [, pathname = '', search = ''] = /^\/?([^?#]*)(\?[^#]*)?/.exec(path) ?? [];
  url.pathname += `/${pathname}`;
  url.search = search;
  if (!url.href.startsWith(root)) throw invalidRequest('`path` must stay below `baseUrl`.', 'path');
  const below = url.pathname.slice(new URL(root).pathname.length - 1);
  return {
    ...planOptions(client, method, { ...own, headers: headersOf(own.headers) }, typeof body === 'string'),
    route: `${method} ${below}`,
    path: below,
    url: url.href,
    body: body ?? undefined,
    as: 'bytes',
    answer: undefined,
  };
}

/** What `fetch` takes as headers, as the plain object that the options take. */
function headersOf(headers: HeadersInit | Record<string, string | null> = {}): Record<string, string | null> {
  if (headers instanceof Headers || Array.isArray(headers)) return Object.fromEntries(new Headers(headers));
  return headers as Record<string, string | null>;
}

function planOptions(client: ResolvedOptions, method: string, options: RequestOptions, hasJsonBody: boolean) {
  const own = ownOptions(options);
  const { signal, headers: added, idempotencyKey: givenKey, ifMatch } = own;
  if (signal && typeof signal.addEventListener !== 'function') {
    throw new RunctlConfigError('`signal` must be an AbortSignal.');
  }
  const headers = mergeHeaders(client.headers, added);
  if (hasJsonBody) headers['content-type'] ??= 'application/json';
  const idempotencyKey = keyFor(method, givenKey);
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  if (ifMatch !== undefined) headers['if-match'] = versionTag(ifMatch);
  return { method, headers, idempotencyKey, limits: resolveLimits(own, client), signal: signal ?? undefined };
}

function keyFor(method: string, given: string | undefined): string | undefined {
  if (given !== undefined && !/^[\x21-\x7e]{1,255}$/.test(given)) {
    throw new RunctlConfigError('`idempotencyKey` must be 1 to 255 visible ASCII characters.');
  }
  if (method === 'GET' || method === 'HEAD') return undefined;
  return given ?? (method === 'POST' || method === 'PATCH' ? freshKey() : undefined);
}

function versionTag(version: number): string {
  if (!Number.isSafeInteger(version) || version < 0)
    throw new RunctlConfigError('`ifMatch` must be a version: 0, 1, 2 ...');
  return `"${version}"`;
}
