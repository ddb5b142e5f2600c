import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { nobody, type Principal } from '../services/authentication.ts';
import { Failure } from '../services/failure.ts';
import type { KeyedRequest } from '../services/idempotent-writes.ts';
import type { Services } from '../services/services.ts';
import type { TenantWriteScope } from '../services/tenant-scope.ts';
import type { RateDecision } from '../services/token-bucket.ts';
import type { AnsweredRequest, RequestObserver } from '../telemetry/request-observer.ts';
import { checkAllowed, reachOf, tenantOf } from './admission.ts';
import { auditedActions, auditTarget } from './audited-actions.ts';
import { authenticate, authenticateByToken } from './bearer.ts';
import { type ReadBody, readJsonBody } from './body.ts';
import { jsonResponse } from './headers.ts';
import { toProblem } from './problem.ts';
import { readQuery } from './query.ts';
import { checkRate, rateLimitHeaders } from './rate-limit-headers.ts';
import { header, idempotencyKey, ifMatch, type RequestOrigin } from './request-headers.ts';
import type { AnyHandler, AnyRequest } from './route.ts';
import { eventStreamResponse } from './sse.ts';
import { bodyPath, check, queryPath } from './validation.ts';

/** Answers that took longer have been held. A key that is revoked is refused within a second, milliseconds. */
const heldMs = 500;

/** What answering a request takes. */
export interface RouterParts {
  services: Pick<
    Services,
    'authentication' | 'streamTokens' | 'writes' | 'scopeOf' | 'scopeAboveTenants' | 'rateLimits' | 'auditLog'
  >;
  /** A fresh id for a request. */
  requestId: () => string;
  /** The problem to answer an error with; tells the log of what nobody foresaw. */
  failureOf: (error: unknown, requestId: string) => Failure;
  /** Told of each answer. */
  observe: RequestObserver;
}

/** Puts a table of routes on an app: `'POST /agents/:agentId/deploy'` below `/v1`. */
export function addRoutes(app: Hono, handlers: Readonly<Record<string, AnyHandler>>, parts: RouterParts): void {
  const methodsOf = new Map<string, string[]>();
  for (const [route, handler] of Object.entries(handlers)) {
    const [method = '', path = ''] = route.split(' ');
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), method]);
    app.on(method, `/v1${path}`, (c) => answer(c, route, handler, parts));
  }
  for (const [path, methods] of methodsOf) app.all(`/v1${path}`, (c) => refuseMethod(c, methods, parts));
}

async function answer(c: Context, route: string, handler: AnyHandler, parts: RouterParts): Promise<Response> {
  const startedAt = performance.now();
  const requestId = parts.requestId();
  let limits: Record<string, string> = {};
  let principal: Principal | undefined;
  let response: Response;
  try {
    // HEAD is answered as GET is; Hono drops the body.
    principal = await principalOf(c, handler, parts.services);
    const rate = await rateOf(c, handler, principal, parts.services);
    limits = rateLimitHeaders(rate);
    checkRate(rate);
    checkAllowed(principal, handler);
    response = await perform(c, { route, handler, principal, requestId, parts });
  } catch (error) {
    response = toProblem(parts.failureOf(error, requestId), requestId);
  }
  for (const [name, value] of Object.entries(limits)) response.headers.set(name, value);
  const tenantId = principal === nobody ? undefined : principal?.tenantId;
  const readHeader = (name: string) => header(c, name);
  const tookMs = performance.now() - startedAt;
  parts.observe({ requestId, route, tookMs, tenantId, header: readHeader }, response);
  return response;
}

/** A request that may be answered. */
interface AllowedRequest {
  route: string;
  handler: AnyHandler;
  principal: Principal;
  requestId: string;
  parts: RouterParts;
}

async function perform(c: Context, { route, handler, principal, requestId, parts }: AllowedRequest): Promise<Response> {
  const { services } = parts;
  const params = c.req.param();
  checkParams(params);
  const tenantId = await tenantOf(principal, params.tenantId, services.scopeOf);
  const { body, bytes } = await checkedBody(c, handler.body);
  const request: AnyRequest = {
    principal,
    params,
    body,
    query: checkedQuery(c, handler),
    ifMatch: ifMatch(c),
    lastEventId: header(c, 'last-event-id'),
    signal: () => c.req.raw.signal,
  };
  const held = async (work: Promise<unknown>) => {
    const askedAt = performance.now();
    const result = await work;
    // Its key may have been revoked meanwhile, and nothing is told to a revoked key.
    if (performance.now() - askedAt > heldMs) checkAllowed(await principalOf(c, handler, services), handler);
    return result;
  };
  const reach = reachOf(principal, handler, params.tenantId);
  const scope = reach === 'own tenant' ? services.scopeOf(tenantId) : services.scopeAboveTenants(tenantId);
  if (handler.kind === 'stream') {
    const opened = await handler.open(scope, request);
    if (c.req.method === 'HEAD') opened?.reader.close();
    return eventStreamResponse(opened, { requestId, onError: (error) => parts.failureOf(error, requestId) });
  }
  if (handler.kind === 'read') {
    const result = await held(handler.handle(scope, request));
    return jsonResponse(200, JSON.stringify(result), requestId);
  }
  const record = async (writing: TenantWriteScope, result: unknown): Promise<void> => {
    const action = auditedActions[route as keyof typeof auditedActions];
    if (action === null) return;
    const said = handler.kind === 'write' ? handler.audit?.(result) : undefined;
    const target = auditTarget(request.params, result, tenantId);
    await services.auditLog.add(writing, principal, { tenantId, target, ...said, action });
  };
  if (handler.kind === 'call') {
    const result = await handler.handle(scope, request);
    await services.writes.run(tenantId, undefined, async (writing) => {
      await record(writing, result);
      return { status: 200, body: '' };
    });
    return jsonResponse(200, JSON.stringify(result), requestId);
  }
  await handler.prepare?.(scope, request);
  const work = async (writing: TenantWriteScope) => {
    const result = await handler.handle(writing, request);
    await record(writing, result);
    return { status: handler.status ?? 200, body: JSON.stringify(result) };
  };
  const answered = await services.writes.run(tenantId, keyed(c, bytes, handler.secret), work, reach);
  const replayed = answered.replayed ? { 'idempotent-replayed': 'true' } : undefined;
  const settling = handler.settle?.(scope, request, () => JSON.parse(answered.body));
  const text = settling === undefined ? answered.body : JSON.stringify(await held(settling));
  return jsonResponse(answered.status, text, requestId, replayed);
}

/** A stream may be read by a token in its address, where no header can be sent. */
async function principalOf(c: Context, handler: AnyHandler, services: RouterParts['services']): Promise<Principal> {
  if (handler.scope === 'anyone') return nobody;
  const authorization = header(c, 'authorization');
  const token = handler.kind === 'stream' && authorization === undefined ? c.req.query('token') : undefined;
  try {
    if (handler.kind !== 'stream' || token === undefined)
      return await authenticate(services.authentication, authorization);
    return await authenticateByToken(services.streamTokens, token, handler.subjectId(c.req.param()));
  } catch (error) {
    const address = addressOf(c);
    if (error instanceof Failure && address !== undefined) checkRate(services.rateLimits.ofStranger(address));
    throw error;
  }
}

/** Null where nothing limits the request. */
async function rateOf(
  c: Context,
  handler: AnyHandler,
  principal: Principal,
  { rateLimits }: RouterParts['services'],
): Promise<RateDecision | null> {
  if (handler.scope === 'anyone') return rateLimits.ofRedemption(addressOf(c) ?? 'this process');
  return rateLimits.ofKey(principal);
}

/** Of the socket; what headers say of it could be anybody's word. */
function addressOf(c: Context): string | undefined {
  return (c.env as Partial<RequestOrigin> | undefined)?.address;
}

/** No id holds NUL, which Postgres does not even take as a question. */
function checkParams(params: Readonly<Record<string, string>>): void {
  const [name] = Object.entries(params).find(([, value]) => value.includes('\0')) ?? [];
  if (name !== undefined) throw new Failure('request.invalid', `The path holds NUL where ${name} belongs.`);
}

async function checkedBody(c: Context, schema: AnyHandlerBody): Promise<{ body: unknown; bytes: Uint8Array }> {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return { body: undefined, bytes: empty.bytes };
  const read = await readJsonBody(c);
  if (schema !== undefined) {
    // Where every member is optional, no body says the same as {}.
    return { body: check(schema, read.value === undefined ? {} : read.value, bodyPath), bytes: read.bytes };
  }
  if (read.value === undefined || isEmptyObject(read.value)) return { body: undefined, bytes: read.bytes };
  throw new Failure('request.invalid', 'This route takes no body.', {
    details: [{ path: '', code: 'unexpected_body', message: 'Expected no body' }],
  });
}

type AnyHandlerBody = AnyHandler['body'];
const empty: ReadBody = { bytes: new Uint8Array(), value: undefined };

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Texts of queries, by what takes them, and what they say: clients ask in the same few words again and again. */
const knownQueries = new WeakMap<object, Map<string, unknown>>();
const mostKnownQueries = 256;
/** Characters. */
const longestKnownQuery = 200;

function checkedQuery(c: Context, handler: AnyHandler): unknown {
  const { url } = c.req;
  const at = url.indexOf('?');
  const text = at < 0 ? '' : url.slice(at);
  // The query of a stream may hold a token, which is kept nowhere.
  if (handler.kind === 'stream') return readCheckedQuery(text, handler);
  const known = knownQueries.get(handler) ?? new Map<string, unknown>();
  if (known.has(text)) return known.get(text);
  const query = readCheckedQuery(text, handler);
  if (text.length > longestKnownQuery) return query;
  if (known.size >= mostKnownQueries) known.clear();
  knownQueries.set(handler, known.set(text, query));
  return query;
}

function readCheckedQuery(text: string, handler: AnyHandler): unknown {
  const query = readQuery(text);
  if (query === undefined)
    throw new Failure(
      'request.invalid',
      'The query has too many parameters, one both plain and with keys, or one with NUL.',
    );
  if (handler.query !== undefined) return check(handler.query, query, queryPath);
  const [unknown] = Object.keys(query);
  if (unknown === undefined) return undefined;
  const message = `Unknown query parameter: ${unknown.slice(0, 100)}`;
  throw new Failure('request.invalid', message, { details: [{ path: unknown, code: 'unknown_field', message }] });
}

/** POST and PATCH take a key; the other methods are idempotent by themselves. */
function keyed(c: Context, bytes: Uint8Array, isSecret: true | undefined): KeyedRequest | undefined {
  if (c.req.method !== 'POST' && c.req.method !== 'PATCH') return undefined;
  const key = idempotencyKey(c);
  if (key === undefined) return undefined;
  const route = `${c.req.method} ${c.req.path}`;
  const requestHash = createHash('sha256').update(route).update('\0').update(bytes).digest('base64url');
  const credential = header(c, 'authorization') ?? '';
  return { key, route, requestHash, ...(isSecret === undefined ? {} : { credential }) };
}

async function refuseMethod(c: Context, methods: readonly string[], parts: RouterParts): Promise<Response> {
  const startedAt = performance.now();
  const requestId = parts.requestId();
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  const failure = new Failure('route.method_not_allowed', `${c.req.method} is not for this route.`, {
    allowedMethods: allowed,
    hint: `Use ${allowed.join(' or ')}.`,
  });
  const response = toProblem(failure, requestId);
  parts.observe(unrouted(c, requestId, startedAt), response);
  return response;
}

/** A request that no route of the table is for; `startedAt` by `performance.now()`. */
export function unrouted(c: Context, requestId: string, startedAt: number): AnsweredRequest {
  const header = (name: string) => c.req.header(name);
  return { requestId, route: 'none', tookMs: performance.now() - startedAt, tenantId: undefined, header };
}
