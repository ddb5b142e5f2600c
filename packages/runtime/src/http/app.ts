import { Hono } from 'hono';
import { Failure } from '../services/failure.ts';
import { newId } from '../services/ids.ts';
import type { Services } from '../services/services.ts';
import { storeFailure } from '../services/store-failure.ts';
import type { RequestObserver } from '../telemetry/request-observer.ts';
import { receiveBillingEvent, stripeEventsPath } from './billing-events.ts';
import { jsonResponse } from './headers.ts';
import { answerMetrics, type MetricsPage } from './metrics-page.ts';
import { internalFailure, toProblem } from './problem.ts';
import { readiness } from './readiness.ts';
import type { RequestOrigin } from './request-headers.ts';
import { RouteTree } from './route-tree.ts';
import { addRoutes, unrouted } from './router.ts';
import { addDescription } from './routes/openapi.ts';
import { routes } from './routes.ts';

/** What the API stands on. */
export interface AppOptions {
  services: Services;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Told of errors that nobody foresaw; the client sees the request id alone. */
  onError: (error: unknown, context: { requestId: string; taskId?: string }) => void;
  /** Told of each answer. Default: nobody. */
  observe?: RequestObserver;
  /** What `GET /metrics` shows to who has its token. Without a token there is no such page here. */
  metrics?: MetricsPage;
}

/** The API without a socket. */
export interface App {
  /** Answers a request; `from`: where it comes from, where that is known. Never rejects. */
  fetch(request: Request, from?: RequestOrigin): Response | Promise<Response>;
  /** Answers every held long poll and ends every stream now, and holds none from now on: the process is about to end. */
  release(): void;
}

/** While the store is away every request fails for the same reason: the log hears of it this often, milliseconds. */
const outageToldEveryMs = 1_000;

/** The HTTP API, as a function from a request to an answer. It listens on nothing by itself. */
export function createApp(options: AppOptions): App {
  const { services, now = Date.now, onError, observe = () => undefined, metrics } = options;
  const app = new Hono({ router: new RouteTree() });
  const requestId = () => newId('req', now());
  let outageToldAt = Number.NEGATIVE_INFINITY;
  const isNewOutage = () => {
    const isNew = performance.now() - outageToldAt >= outageToldEveryMs;
    if (isNew) outageToldAt = performance.now();
    return isNew;
  };
  const failureOf = (error: unknown, id: string): Failure => {
    if (error instanceof Failure) return error;
    const outage = storeFailure(error);
    if (outage === undefined || isNewOutage()) onError(error, { requestId: id });
    return outage ?? internalFailure(error);
  };
  const table = routes(services);
  addRoutes(app, table, { services, requestId, failureOf, observe });
  addDescription(app, table, requestId);
  app.post(stripeEventsPath, async (c) => {
    const id = requestId();
    return receiveBillingEvent(c, services.billing, id).catch((error: unknown) => toProblem(failureOf(error, id), id));
  });
  app.get('/healthz', () => jsonResponse(200, '{"status":"ok"}', requestId()));
  app.get('/readyz', () => readiness(services, requestId()));
  if (metrics?.token !== undefined) {
    app.get('/metrics', (c) => answerMetrics(metrics, c.req.header('authorization'), requestId()));
  }
  app.notFound((c) => {
    const id = requestId();
    const { method, path } = c.req;
    const failure = new Failure('route.not_found', `There is no route ${method} ${path.slice(0, 200)}.`, {
      ...(path.startsWith('/v1/') ? {} : { hint: 'Paths start with /v1: look the route up at /v1/docs.' }),
    });
    const response = toProblem(failure, id);
    observe(unrouted(c, id, performance.now()), response);
    return response;
  });
  app.onError((error) => {
    const id = requestId();
    return toProblem(failureOf(error, id), id);
  });
  const release = () => {
    services.taskWatch.close();
    services.agentWatch.close();
    services.eventStreams.close();
  };
  return { fetch: (request, from) => app.fetch(request, from), release };
}
