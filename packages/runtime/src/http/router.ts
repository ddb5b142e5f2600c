import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import type { Principal } from '../services/authentication.ts';
import { Failure } from '../services/failure.ts';
import type { Services } from '../services/services.ts';
import { authenticate, authenticateByToken } from './bearer.ts';
import { type ReadBody, readJsonBody } from './body.ts';
import { jsonResponse } from './headers.ts';
import { toProblem } from './problem.ts';
import { readQuery } from './query.ts';
import { idempotencyKey, ifMatch } from './request-headers.ts';
import type { AnyHandler, AnyRequest } from './route.ts';
import { eventStreamResponse } from './sse.ts';
import { bodyPath, check, queryPath } from './validation.ts';

/** What answering a request takes. */
export interface RouterParts {
  services: Pick<Services, 'authentication' | 'streamTokens' | 'writes' | 'scopeOf'>;
  /** A fresh id for a request. */
  requestId: () => string;
  /** The problem to answer an error with; tells the log of what nobody foresaw. */
  failureOf: (error: unknown, requestId: string) => Failure;
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
  const requestId = parts.requestId();
  try {
    // HEAD is answered as GET is; Hono drops the body.
    const principal = await principalOf(c, handler, parts.services);
    if (!principal.scopes.includes(handler.scope)) throw scopeMissing(handler.scope);
    if (handler.kind === 'not_implemented') throw missing(route);
    const { body, bytes } = await checkedBody(c, handler.body);
    const request: AnyRequest = {
      principal,
      params: c.req.param(),
      body,
      query: checkedQuery(c, handler),
      ifMatch: ifMatch(c),
      lastEventId: c.req.header('last-event-id'),
      signal: () => c.req.raw.signal,
    };
    if (handler.kind === 'stream') {
      const opened = await handler.open(parts.services.scopeOf(principal.tenantId), request);
      if (c.req.method === 'HEAD') opened?.reader.close();
      return eventStreamResponse(opened, { requestId, onError: (error) => parts.failureOf(error, requestId) });
    }
    if (handler.kind === 'read') {
      const result = await handler.handle(parts.services.scopeOf(principal.tenantId), request);
      return jsonResponse(200, JSON.stringify(result), requestId);
    }
    await handler.prepare?.(parts.services.scopeOf(principal.tenantId), request);
    const answered = await parts.services.writes.run(principal.tenantId, keyed(c, bytes), async (scope) => ({
      status: handler.status ?? 200,
      body: JSON.stringify(await handler.handle(scope, request)),
    }));
    const replayed = answered.replayed ? { 'idempotent-replayed': 'true' } : undefined;
    return jsonResponse(answered.status, answered.body, requestId, replayed);
  } catch (error) {
    return toProblem(parts.failureOf(error, requestId), requestId);
  }
}

/** A stream may be read by a token in its address, where no header can be sent. */
function principalOf(c: Context, handler: AnyHandler, services: RouterParts['services']): Promise<Principal> {
  const header = c.req.header('authorization');
  const token = handler.kind === 'stream' && header === undefined ? c.req.query('token') : undefined;
  if (handler.kind !== 'stream' || token === undefined) return authenticate(services.authentication, header);
  return authenticateByToken(services.streamTokens, token, handler.subjectId(c.req.param()));
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

type AnyHandlerBody = Exclude<AnyHandler, { kind: 'not_implemented' }>['body'];
const empty: ReadBody = { bytes: new Uint8Array(), value: undefined };

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function checkedQuery(c: Context, handler: Exclude<AnyHandler, { kind: 'not_implemented' }>): unknown {
  const query = readQuery(c.req.url);
  if (query === undefined)
    throw new Failure('request.invalid', 'The query has too many parameters, or one both plain and with keys.');
  if (handler.query !== undefined) return check(handler.query, query, queryPath);
  const [unknown] = Object.keys(query);
  if (unknown === undefined) return undefined;
  const message = `Unknown query parameter: ${unknown.slice(0, 100)}`;
  throw new Failure('request.invalid', message, { details: [{ path: unknown, code: 'unknown_field', message }] });
}

/** POST and PATCH take a key; the other methods are idempotent by themselves. */
function keyed(c: Context, bytes: Uint8Array): { key: string; route: string; requestHash: string } | undefined {
  if (c.req.method !== 'POST' && c.req.method !== 'PATCH') return undefined;
  const key = idempotencyKey(c);
  if (key === undefined) return undefined;
  const route = `${c.req.method} ${c.req.path}`;
  const requestHash = createHash('sha256').update(route).update('\0').update(bytes).digest('base64url');
  return { key, route, requestHash };
}

async function refuseMethod(c: Context, methods: readonly string[], parts: RouterParts): Promise<Response> {
  const requestId = parts.requestId();
  const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  const failure = new Failure('route.method_not_allowed', `${c.req.method} is not for this route.`, {
    allowedMethods: allowed,
    hint: `Use ${allowed.join(' or ')}.`,
  });
  return toProblem(failure, requestId);
}

function scopeMissing(requiredScope: string): Failure {
  return new Failure('authorization.scope_missing', `The API key lacks the scope ${requiredScope}.`, { requiredScope });
}

function missing(route: string): Failure {
  return new Failure('not_implemented', `${route} is part of the API, but not of this version of the runtime.`);
}
