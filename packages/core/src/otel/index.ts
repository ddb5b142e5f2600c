/** OpenTelemetry for this SDK: a span for each attempt, and the trace carried on to the server. */
export { type OtelOptions, otel } from './otel-middleware.ts';
