export { BaseClient } from './base-client.ts';
export { createClient } from './client.ts';
export type { Deleted } from './deleted.ts';
export { RunctlAbortError } from './errors/abort-error.ts';
export {
  RunctlApiError,
  type RunctlApiErrorInit,
  RunctlAuthenticationError,
  RunctlAuthorizationError,
  RunctlConflictError,
  RunctlNotFoundError,
  RunctlQuotaExceededError,
  RunctlRateLimitError,
  RunctlServerError,
  RunctlValidationError,
} from './errors/api-error.ts';
export { RunctlConfigError } from './errors/config-error.ts';
export { RunctlDecodeError } from './errors/decode-error.ts';
export { invalidRequest } from './errors/invalid-request.ts';
export { isControllerBusy } from './errors/is-controller-busy.ts';
export { isRetryableError } from './errors/is-retryable-error.ts';
export { RunctlNetworkError, RunctlTimeoutError } from './errors/network-error.ts';
export { type FailedRequest, RunctlError, type RunctlErrorInit } from './errors/runctl-error.ts';
export { RunctlSchemaError } from './errors/schema-error.ts';
export type { ValidationIssue } from './errors/validation-issue.ts';
export { RunctlFailedError, RunctlWaitTimeoutError } from './errors/wait-error.ts';
export { RunctlWebhookError } from './errors/webhook-error.ts';
export type { EventStream } from './events/event-stream.ts';
export { type EventCollection, type EventsOf, eventsOf } from './events/events-of.ts';
export type * from './ids.ts';
export type { JsonObject, JsonSchema, JsonValue, Labels, Open } from './json.ts';
export type { ApiKeySource } from './options/api-key.ts';
export type { ClientOptions } from './options/client-options.ts';
export { type Environment, optionsFromEnvironment } from './options/environment.ts';
export type { Logger, LogLevel } from './options/logger.ts';
export type { Middleware, Operation } from './options/middleware.ts';
export type { RequestOptions, StreamOptions, WaitOptions } from './options/request-options.ts';
export type { IterQuery, ListQuery, PaginatedResponse, Pagination } from './pagination/page.ts';
export { type Paginator, paginate } from './pagination/paginator.ts';
export type { Client, Resource, Resources, RunctlClient } from './resource.ts';
export type { RouteParams, RouteRequest, RouteResult, RouteShape, RouteTransport } from './routes.ts';
export { parseWith } from './schema/parse-with.ts';
export type { InferOutput, SchemaLike, SchemaPair, StandardSchema } from './schema/schema-like.ts';
export { toJsonSchema } from './schema/to-json-schema.ts';
export type { DateInput, Period, PeriodQuery, PeriodWindow, Timestamp } from './time.ts';
export { toTimestamp } from './timestamp.ts';
export { type ResponseMeta, responseMeta } from './transport/response-meta.ts';
export type { Transport, TransportRequest } from './transport/transport.ts';
export { type Start, startOf } from './waiting/start-of.ts';
export { type Wait, waitFor } from './waiting/wait-for.ts';
export { type WireQuery, wireQuery } from './wire-query.ts';
