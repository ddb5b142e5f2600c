import {
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Middleware, Operation } from '../options/middleware.ts';

/** What the spans are made with. */
export interface OtelOptions {
  /** Makes the tracer. Default: the provider that is registered with `@opentelemetry/api` at the time of each request. */
  tracerProvider?: TracerProvider;
}

/**
 * A middleware that makes a client span for each attempt and sends its `traceparent`, so that the server's spans join the
 * trace. Spans keep to the HTTP semantic conventions: named by method and route (`POST /agents/:agentId/deploy`), with
 * status, error and number of the attempt, without headers, bodies and tokens. A span ends with the answer (a stream's,
 * with its headers). Needs `@opentelemetry/api`, 1.9 or later, beside this package.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 *
 * @example
 * const client = new Runctl({ apiKey, middleware: [otel()] });
 */
export function otel({ tracerProvider }: OtelOptions = {}): Middleware {
  return async (request, next, operation) => {
    const tracer = (tracerProvider ?? trace).getTracer('@runctl/core');
    const span = tracer.startSpan(operation.route, {
      kind: SpanKind.CLIENT,
      attributes: attributesOf(request, operation),
    });
    const active = trace.setSpan(context.active(), span);
    propagation.inject(active, request.headers, { set: (headers, name, value) => headers.set(name, value) });
    try {
      const response = await context.with(active, () => next(request));
      noteResponse(span, response.status);
      return response;
    } catch (error) {
      noteFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  };
}

function attributesOf(request: Request, { route, attempt }: Operation): Record<string, string | number> {
  const url = new URL(request.url);
  if (url.searchParams.has('token')) url.searchParams.set('token', 'REDACTED');
  return {
    'http.request.method': request.method,
    'url.full': url.href,
    'url.template': route.slice(route.indexOf(' ') + 1),
    'server.address': url.hostname,
    'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
  };
}

function noteResponse(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status < 400) return;
  span.setAttribute('error.type', String(status));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The name of the error is enough: its message may hold what no trace should. */
function noteFailure(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const type = [code, name].find((one) => typeof one === 'string') ?? '_OTHER';
  span.setAttribute('error.type', type as string);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
