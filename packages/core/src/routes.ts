import type { EventStream } from './events/event-stream.ts';
import type { RequestOptions, StreamOptions } from './options/request-options.ts';
import type { PaginatedResponse } from './pagination/page.ts';

/**
 * What one route takes and gives. A resource package states its routes as an interface whose keys are the routes:
 * `'POST /agents/:agentId/deploy': { body: DeployAgentInput; result: Deployment }`. The client's method names the key,
 * the runtime implements exactly these keys, and the reference lists them.
 */
export interface RouteShape {
  /** The JSON body, where the route takes one. */
  body?: unknown;
  /** The query, where the route takes one. */
  query?: object;
  /** The JSON answer; for a stream, the type of one event. */
  result: unknown;
}

type ParamName<Route extends string> = Route extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamName<Tail>
    : Rest
  : never;

/** The path parameters that a route's template names: `{ agentId: string }` for `'GET /agents/:agentId'`. */
export type RouteParams<Route extends string> = { [Name in ParamName<Route>]: string };

type Member<Name extends string, Value> = [Value] extends [never] ? unknown : { [Key in Name]: Value };
type OptionalMember<Name extends string, Shape> = Name extends keyof Shape
  ? undefined extends Shape[Name]
    ? { [Key in Name]?: Shape[Name] }
    : { [Key in Name]: Shape[Name] }
  : unknown;

/** Lists and pages are named, so that an answer of another kind is told from them; an entity need not be. */
type AnswerMember<Result> = Result extends readonly unknown[]
  ? { answer: 'list' }
  : Result extends PaginatedResponse<unknown>
    ? { answer: 'page' }
    : { answer?: 'entity' };

/** A request along one route of a table: its parameters, its body and its query, as the table has them. */
export type RouteRequest<Table, Route extends keyof Table & string> = { route: Route } & Member<
  'params',
  [ParamName<Route>] extends [never] ? never : RouteParams<Route>
> &
  OptionalMember<'body', Table[Route]> &
  OptionalMember<'query', Table[Route]> &
  AnswerMember<RouteResult<Table, Route>>;

/** What a route answers with. */
export type RouteResult<Table, Route extends keyof Table> = Table[Route] extends { result: infer Result }
  ? Result
  : never;

/** A transport, narrowed by the compiler to the routes of one table. At run time it is the transport itself. */
export interface RouteTransport<Table> {
  /** Where the API is, `/v1` included, without a final slash. */
  readonly baseUrl: string;
  /** Sends one call along a route of the table and returns what the route answers with. */
  request<Route extends keyof Table & string>(
    request: RouteRequest<Table, Route>,
    options?: RequestOptions,
  ): Promise<RouteResult<Table, Route>>;
  /** Follows a route of the table that answers with server-sent events. */
  stream<Route extends keyof Table & string>(
    request: RouteRequest<Table, Route>,
    options?: StreamOptions,
  ): EventStream<RouteResult<Table, Route>>;
}
