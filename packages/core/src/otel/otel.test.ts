/// <reference types="node" />
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Context, context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createClient } from '../client.ts';
import { otel } from './index.ts';

const exporter = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const requests: IncomingMessage[] = [];
const answers: number[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  const status = answers.shift() ?? 200;
  response.writeHead(status, { 'content-type': 'application/json' }).end('{"id":"tsk_1","status":"queued"}');
});
let baseUrl = '';

/** What an application has registered: a context that follows awaits, and the propagator of the W3C. */
beforeAll(async () => {
  const storage = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, run, self, ...args) => storage.run(active, () => run.call(self as never, ...args)),
    bind: (_, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  });
  propagation.setGlobalPropagator({
    inject: (active, carrier, setter) => {
      const span = trace.getSpanContext(active);
      if (span) setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`);
    },
    extract: (active) => active,
    fields: () => ['traceparent'],
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  exporter.reset();
  requests.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  context.disable();
  propagation.disable();
});

const client = (options = {}) =>
  createClient({ apiKey: 'rctl_secret', baseUrl, resources: {}, middleware: [otel({ tracerProvider })], ...options });
const getTask = { route: 'GET /tasks/:taskId', params: { taskId: 'tsk_1' }, query: { wait: 5 } };

it('makes a client span that keeps to the conventions, and sends it on', async () => {
  await client().request(getTask);
  const [span] = exporter.getFinishedSpans();
  expect(span).toMatchObject({ name: 'GET /tasks/:taskId', kind: SpanKind.CLIENT });
  expect(span?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(baseUrl).port),
    'url.full': `${baseUrl}/v1/tasks/tsk_1?wait=5`,
    'url.template': '/tasks/:taskId',
  });
  const { traceId, spanId } = span?.spanContext() ?? {};
  expect(requests[0]?.headers.traceparent).toBe(`00-${traceId}-${spanId}-01`);
});

it('makes a span for each attempt, numbered, all within the span that is active', async () => {
  answers.push(503, 200);
  const parent = tracerProvider.getTracer('app').startSpan('work');
  await context.with(trace.setSpan(ROOT_CONTEXT, parent), () => client().request(getTask));
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ status, attributes }) => [status.code, attributes['http.request.resend_count']])).toEqual([
    [SpanStatusCode.ERROR, undefined],
    [SpanStatusCode.UNSET, 1],
  ]);
  expect(spans[0]?.attributes['error.type']).toBe('503');
  expect(new Set(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId))).toEqual(
    new Set([parent.spanContext().spanId]),
  );
  const sent = requests.map(({ headers }) => headers.traceparent);
  expect(new Set(sent).size).toBe(2);
});

it('notes what kind of failure there was where no answer came', async () => {
  const fetch = async () => {
    throw new TypeError('no route to rctl_secret');
  };
  await client({ fetch, retries: 0 })
    .request(getTask)
    .catch(() => undefined);
  const [span] = exporter.getFinishedSpans();
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
  expect(span?.attributes['error.type']).toEqual(expect.any(String));
});

it('puts no credential into a span, neither the key nor a token in the address', async () => {
  await client().request({ ...getTask, query: { token: 'stream_secret' } });
  const told = JSON.stringify(
    exporter.getFinishedSpans().map(({ name, attributes, events }) => [name, attributes, events]),
  );
  expect(told).not.toMatch(/rctl_secret|stream_secret/);
  expect(requests[0]?.url).toContain('stream_secret');
});

it('lets the request pass untouched where no tracing is registered', async () => {
  const untraced = client({ middleware: [otel()] });
  expect(await untraced.request(getTask)).toMatchObject({ id: 'tsk_1' });
  expect(exporter.getFinishedSpans()).toEqual([]);
});
