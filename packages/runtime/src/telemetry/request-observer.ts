import { randomBytes } from 'node:crypto';
import type { Log } from './log.ts';
import type { Cell } from './metric.ts';
import type { RuntimeMetrics } from './runtime-metrics.ts';
import type { Span, SpanSink } from './span.ts';
import { readTraceparent, spanIdOf, traceIdOf } from './trace-context.ts';

/** A request that has its answer. */
export interface AnsweredRequest {
  requestId: string;
  /** As a template, such as `POST /tasks`; `none` where no route is for it. */
  route: string;
  /** Since it came in, milliseconds; of a stream, until it began. */
  tookMs: number;
  /** Whose key it came with; undefined where it came with none that is valid. */
  tenantId: string | undefined;
  /** A header of the request. */
  header(name: string): string | undefined;
}

/** Is told of every answer. Costs the answer nothing but the counting. */
export type RequestObserver = (request: AnsweredRequest, response: Response) => void;

/** What requests are told to. */
export interface RequestObserverParts {
  metrics: RuntimeMetrics;
  log: Log;
  spans?: { sink: SpanSink; isSampled: (traceId: string, callerSays: boolean | undefined) => boolean } | undefined;
}

/** Counts requests, writes the access log, and makes spans where they are exported. */
export function observeRequests({ metrics, log, spans }: RequestObserverParts): RequestObserver {
  // One look-up by number for what is counted on every request.
  const cells = new Map<string, Cell[]>();
  const cellOf = (route: string, status: number): Cell => {
    let byStatus = cells.get(route);
    if (byStatus === undefined) {
      byStatus = [];
      cells.set(route, byStatus);
    }
    byStatus[status] ??= metrics.requests.at(route, String(status));
    return byStatus[status];
  };
  return (request, response) => {
    const { route, tookMs, requestId, tenantId } = request;
    const { status } = response;
    cellOf(route, status).value += 1;
    metrics.requestSeconds.observe(tookMs / 1e3, route);
    if (log.isOn('info')) {
      const fields = { requestId, route, status, tookMs: Math.round(tookMs * 10) / 10, tenantId };
      if (status >= 500) log.warn('request failed', fields);
      else log.info('request', fields);
    }
    if (spans !== undefined) addSpan(request, response, spans);
  };
}

/** Routes whose answer is a task, of which the span has a link to the task's own trace. */
const makesTask = /^POST \/tasks(\/:taskId\/(fork|retry))?$/;

function addSpan(
  { requestId, route, tookMs, tenantId, header }: AnsweredRequest,
  response: Response,
  { sink, isSampled }: NonNullable<RequestObserverParts['spans']>,
): void {
  const endMs = performance.timeOrigin + performance.now();
  // A stranger's word does not decide what is exported, nor where it belongs.
  const caller = tenantId === undefined ? undefined : readTraceparent(header('traceparent'));
  const traceId = caller?.traceId ?? randomBytes(16).toString('hex');
  if (!isSampled(traceId, caller?.isSampled)) return;
  const { status } = response;
  const [method, path] = route.split(' ');
  const span: Span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: caller?.spanId,
    name: route,
    kind: 'server',
    startMs: endMs - tookMs,
    endMs,
    attributes: {
      'http.request.method': method,
      'http.route': path === undefined ? undefined : `/v1${path}`,
      'http.response.status_code': status,
      'runctl.request.id': requestId,
      'runctl.tenant.id': tenantId,
    },
    error: status >= 500 ? String(status) : undefined,
  };
  if (response.ok && makesTask.test(route)) void addLinked(span, response.clone(), sink);
  else sink.add(span);
}

async function addLinked(span: Span, response: Response, sink: SpanSink): Promise<void> {
  const { id } = (await response.json()) as { id: string };
  sink.add({ ...span, links: [{ traceId: traceIdOf(id), spanId: spanIdOf(id) }] });
}
