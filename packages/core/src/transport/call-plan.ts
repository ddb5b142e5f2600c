import { badOption } from '../errors/config-error.ts';
import { invalidRequest } from '../errors/invalid-request.ts';
import { type HeaderFields, mergeHeaders } from '../options/headers.ts';
import { checkNumber } from '../options/number-option.ts';
import type { RequestOptions } from '../options/request-options.ts';
import { type CallLimits, checkLimits, type ResolvedOptions } from '../options/resolve-options.ts';
import { own } from '../own.ts';
import { bodyText } from '../request/body.ts';
import { queryText } from '../request/query.ts';
import { fillRoute } from '../request/route.ts';
import { freshKey } from './fresh-key.ts';
import type { TransportRequest } from './transport.ts';

const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/;
const READS = /^(GET|HEAD)$/;

/** One call, checked, and the same for all of its attempts. */
export interface CallPlan {
  route: string;
  method: string;
  /** Below the base URL, without the query: what an error may show. */
  path: string;
  url: string;
  headers: HeaderFields;
  body: Exclude<BodyInit, ReadableStream> | null | undefined;
  idempotencyKey: string | undefined;
  limits: CallLimits;
  signal: AbortSignal | null | undefined;
  /** What becomes of the answer's body: decoded, handed over whole, or handed over unread. */
  as: 'json' | 'bytes' | 'stream';
  answer?: TransportRequest['answer'];
}

/**
 * Plans a call along a route.
 *
 * @throws {RunctlValidationError} status 0 - an id, the query or the body cannot be sent
 * @throws {RunctlConfigError} an option is bad
 */
export function planRequest(client: ResolvedOptions, request: TransportRequest, options?: RequestOptions): CallPlan {
  const { route, params, query, body, answer } = own(request);
  const { method, path } = fillRoute(route, params);
  const text = bodyText(body);
  const url = client.baseUrl + path + queryText(query);
  const plan = planOptions(client, method, options, text);
  const { wait = 0 } = own<{ wait?: number }>({}, query);
  // An answer that the server is asked to hold may take so much longer.
  plan.limits.timeout += wait * 1000;
  return { ...plan, route, path, url, as: 'json', answer };
}

/**
 * Plans a call to a path that no route names.
 *
 * @throws {RunctlValidationError} status 0 - the path leaves the base URL, or the body can be sent only once
 */
export function planFetch(client: ResolvedOptions, path: string, init: RequestInit & RequestOptions = {}): CallPlan {
  const { method: given = 'GET', body, ...options } = own(init);
  const method = given.toUpperCase();
  if (!METHOD.test(method)) throw invalidRequest(`\`method\` must match ${METHOD}.`, 'method');
  if (body instanceof ReadableStream || (body && READS.test(method))) {
    throw invalidRequest('`body` must be text or bytes, and none with GET or HEAD.', 'body');
  }
  const root = client.baseUrl;
  const url = new URL(`${root}/${path.replace(/^\/|#.*/gs, '')}`).href;
  if (!url.startsWith(`${root}/`)) throw invalidRequest('`path` must stay below `baseUrl`.', 'path');
  const [below = ''] = url.slice(root.length).split('?');
  const plan = planOptions(client, method, options as RequestOptions, body);
  return { ...plan, route: `${method} ${below}`, path: below, url, as: 'bytes' };
}

function planOptions(
  { timeout, totalTimeout, retries, headers: defaults }: ResolvedOptions,
  method: string,
  options: RequestOptions | undefined,
  body: CallPlan['body'],
) {
  const given = own<RequestOptions & CallLimits>({ timeout, totalTimeout, retries }, options);
  const { signal, idempotencyKey: key, ifMatch } = given;
  if (signal && !signal.addEventListener) throw badOption('signal', 'an AbortSignal');
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw badOption('idempotencyKey', '1 to 255 visible ASCII characters');
  }
  const headers = mergeHeaders(defaults, given.headers);
  if (typeof body === 'string') headers['content-type'] ??= 'application/json';
  const ownKey = key ?? (/^P(OST|ATCH)$/.test(method) ? freshKey() : undefined);
  const idempotencyKey = READS.test(method) ? undefined : ownKey;
  if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
  if (ifMatch !== undefined) {
    headers['if-match'] = `"${checkNumber('ifMatch', ifMatch, 0, 1e15, true)}"`;
  }
  return {
    method,
    body,
    headers,
    idempotencyKey,
    signal,
    limits: checkLimits(given),
  };
}
