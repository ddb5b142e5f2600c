import type { AgentType } from '@runctl/agents';
import { Hono } from 'hono';
import { sql } from 'kysely';
import type { LoopRegistry } from '../loops/loop.ts';
import type { ModelGateway } from '../models/model.ts';
import { Authentication } from '../services/authentication.ts';
import { Failure } from '../services/failure.ts';
import { IdempotentWrites } from '../services/idempotent-writes.ts';
import { newId } from '../services/ids.ts';
import { createServices } from '../services/services.ts';
import type { Store } from '../store/store.ts';
import type { ToolBox } from '../tools/tool.ts';
import { jsonResponse } from './headers.ts';
import { internalFailure, toProblem } from './problem.ts';
import { addRoutes } from './router.ts';
import { routes } from './routes.ts';

/** What the API stands on. */
export interface AppOptions {
  store: Store;
  gateway: Pick<ModelGateway, 'checkProvider'>;
  tools: Pick<ToolBox, 'describe' | 'check'>;
  loops: LoopRegistry;
  /** Types of agents that have a loop; others are refused. */
  agentTypes: ReadonlySet<AgentType>;
  /** Milliseconds since the epoch. Default `Date.now`. */
  clock?: () => number;
  /** Told of errors that nobody foresaw; the client sees the request id alone. */
  onError: (error: unknown, context: { requestId: string; taskId?: string }) => void;
}

/** The API without a socket. */
export interface App {
  /** Answers a request. Never rejects. */
  fetch(request: Request): Response | Promise<Response>;
  /** Answers every held long poll now, and holds none from now on: the process is about to end. */
  release(): void;
}

/** The HTTP API, as a function from a request to an answer. It listens on nothing by itself. */
export function createApp({ clock: now = Date.now, store, onError, ...parts }: AppOptions): App {
  const services = createServices({ store, now, ...parts });
  const app = new Hono();
  const requestId = () => newId('req', now());
  const failureOf = (error: unknown, id: string): Failure => {
    if (error instanceof Failure) return error;
    onError(error, { requestId: id });
    return internalFailure(error);
  };
  addRoutes(app, routes(services), {
    authentication: new Authentication(store.query, now),
    writes: new IdempotentWrites(store, now),
    query: store.query,
    requestId,
    failureOf,
  });
  app.get('/healthz', () => jsonResponse(200, '{"status":"ok"}', requestId()));
  app.get('/readyz', () => readiness(store, requestId()));
  app.notFound((c) => {
    const failure = new Failure('route.not_found', `There is no route ${c.req.method} ${c.req.path.slice(0, 200)}.`, {
      hint: 'Paths start with /v1.',
    });
    return toProblem(failure, requestId());
  });
  app.onError((error) => {
    const id = requestId();
    return toProblem(failureOf(error, id), id);
  });
  return { fetch: (request) => app.fetch(request), release: () => services.taskWatch.close() };
}

async function readiness(store: Store, requestId: string): Promise<Response> {
  try {
    await sql`SELECT 1`.execute(store.query);
    return jsonResponse(200, '{"status":"ready"}', requestId);
  } catch (cause) {
    const failure = new Failure('store.unavailable', 'The database does not answer.', { cause, retryAfterSeconds: 1 });
    return toProblem(failure, requestId);
  }
}
