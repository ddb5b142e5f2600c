import type { RouteParams } from '@runctl/core';
import type { ZodType } from 'zod';
import type { ApiScope, RouteScope } from '../services/api-scope.ts';
import type { Principal } from '../services/authentication.ts';
import type { OpenedStream } from '../services/events/event-streams.ts';
import type { TenantScope, TenantWriteScope } from '../services/tenant-scope.ts';

/** The body that a route of a table takes. */
type BodyOf<Shape> = Shape extends { body: infer Body } ? Body : undefined;
/** The query that a route of a table takes. */
type QueryOf<Shape> = Shape extends { query?: infer Query } ? NonNullable<Query> : undefined;
type ResultOf<Shape> = Shape extends { result: infer Result } ? Result : never;

/** A request that has passed: whose it is, and what it says, checked. */
export interface RouteRequest<Route extends string, Shape> {
  principal: Principal;
  params: RouteParams<Route>;
  body: BodyOf<Shape>;
  query: QueryOf<Shape>;
  /** Of `If-Match`: the version that the caller expects. */
  ifMatch: number | undefined;
  /** Of `Last-Event-ID`: the event after which a stream goes on. */
  lastEventId: string | undefined;
  /** Aborted when the client leaves. Asked for only where something waits, since it costs. */
  signal(): AbortSignal;
}

/** The schemas that a route needs: exactly those of its table's members. */
type Schemas<Shape> = (Shape extends { body: infer Body } ? { body: ZodType<Body> } : { body?: never }) &
  (Shape extends { query?: infer Query } ? { query: ZodType<NonNullable<Query>> } : { query?: never });

/** A route that changes nothing. */
export type ReadHandler<Route extends string, Shape> = Schemas<Shape> & {
  kind: 'read';
  /** What a key needs. */
  scope: RouteScope;
  /** The operator's key may come too. */
  operator?: true;
  handle(scope: TenantScope, request: RouteRequest<Route, Shape>): Promise<ResultOf<Shape>>;
};

/** A route that changes something, within one transaction that also records its answer. */
export type WriteHandler<Route extends string, Shape> = Schemas<Shape> & {
  kind: 'write';
  scope: RouteScope;
  operator?: true;
  /** Default 200. */
  status?: 201 | 202;
  /** The answer holds a secret that is kept nowhere, so its record is sealed with what the caller alone knows. */
  secret?: true;
  /** What the audit log says where it is not the caller's own tenant and the id in the answer or the path. */
  audit?(result: ResultOf<Shape>): { tenantId: string; target: string };
  /** What there is to wait for before the transaction begins, which must wait for nothing itself. */
  prepare?(scope: TenantScope, request: RouteRequest<Route, Shape>): Promise<void>;
  handle(scope: TenantWriteScope, request: RouteRequest<Route, Shape>): Promise<ResultOf<Shape>>;
  /**
   * What the caller waits for once the result is committed: it is answered instead. The record keeps the result, so a
   * repeated request waits too. Undefined where there is nothing to wait for.
   */
  settle?(
    scope: TenantScope,
    request: RouteRequest<Route, Shape>,
    result: () => ResultOf<Shape>,
  ): Promise<ResultOf<Shape>> | undefined;
};

/** A route that asks a service outside, with no transaction open meanwhile; a repeated request asks again. */
export type CallHandler<Route extends string, Shape> = Schemas<Shape> & {
  kind: 'call';
  scope: ApiScope;
  operator?: true;
  handle(scope: TenantScope, request: RouteRequest<Route, Shape>): Promise<ResultOf<Shape>>;
};

/** A route that is answered with server-sent events, each of them a result. A token may stand in for the key. */
export type StreamHandler<Route extends string, Shape> = Schemas<Shape> & {
  kind: 'stream';
  scope: 'read';
  /** The id that a token has to be for. */
  subjectId(params: RouteParams<Route>): string;
  /** Null where there is nothing to come. */
  open(scope: TenantScope, request: RouteRequest<Route, Shape>): Promise<OpenedStream | null>;
};

/** How a route of a table is answered. */
export type RouteHandler<Route extends string, Shape> =
  | ReadHandler<Route, Shape>
  | WriteHandler<Route, Shape>
  | CallHandler<Route, Shape>
  | StreamHandler<Route, Shape>;

/** An answer for each route of a table: the compiler refuses one that is missing. */
export type RouteHandlers<Table> = {
  [Route in keyof Table & string]: RouteHandler<Route, Table[Route]>;
};

/** A route as the router sees it, whatever its table says. */
export interface AnyRequest {
  principal: Principal;
  params: Record<string, string>;
  body: unknown;
  query: unknown;
  ifMatch: number | undefined;
  lastEventId: string | undefined;
  signal(): AbortSignal;
}

/** A handler as the router sees it. */
export type AnyHandler =
  | {
      kind: 'read';
      scope: RouteScope;
      operator?: true;
      body?: ZodType;
      query?: ZodType;
      handle(scope: TenantScope, request: AnyRequest): Promise<unknown>;
    }
  | {
      kind: 'write';
      scope: RouteScope;
      operator?: true;
      status?: 201 | 202;
      secret?: true;
      audit?(result: unknown): { tenantId: string; target: string };
      body?: ZodType;
      query?: ZodType;
      prepare?(scope: TenantScope, request: AnyRequest): Promise<void>;
      handle(scope: TenantWriteScope, request: AnyRequest): Promise<unknown>;
      settle?(scope: TenantScope, request: AnyRequest, result: () => unknown): Promise<unknown> | undefined;
    }
  | {
      kind: 'call';
      scope: ApiScope;
      operator?: true;
      body?: ZodType;
      query?: ZodType;
      handle(scope: TenantScope, request: AnyRequest): Promise<unknown>;
    }
  | {
      kind: 'stream';
      scope: 'read';
      operator?: never;
      body?: ZodType;
      query?: ZodType;
      subjectId(params: Record<string, string>): string;
      open(scope: TenantScope, request: AnyRequest): Promise<OpenedStream | null>;
    };
