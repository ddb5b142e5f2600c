import { Failure } from '../services/failure.ts';
import { newId } from '../services/ids.ts';
import type { App } from './app.ts';
import { jsonResponse } from './headers.ts';
import { answerMetrics, type MetricsPage } from './metrics-page.ts';
import { internalFailure, toProblem } from './problem.ts';
import { readiness } from './readiness.ts';

/** What the operator's own port shows. */
export interface OperatorAppOptions {
  metrics: MetricsPage;
  /** Rejects where the database does not answer. */
  checkStore: () => Promise<void>;
  onError: (error: unknown, context: { requestId: string }) => void;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** `/metrics`, `/healthz` and `/readyz` on a port of their own, beside the API or where there is none. */
export function createOperatorApp({ metrics, checkStore, onError, now }: OperatorAppOptions): App {
  const answer = async (request: Request, requestId: string): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (request.method !== 'GET' && request.method !== 'HEAD') throw nothing(request.method, pathname);
    if (pathname === '/metrics')
      return answerMetrics(metrics, request.headers.get('authorization') ?? undefined, requestId);
    if (pathname === '/healthz') return jsonResponse(200, '{"status":"ok"}', requestId);
    if (pathname === '/readyz') return readiness({ checkStore }, requestId);
    throw nothing(request.method, pathname);
  };
  return {
    fetch: async (request) => {
      const requestId = newId('req', now());
      try {
        return await answer(request, requestId);
      } catch (error) {
        if (error instanceof Failure) return toProblem(error, requestId);
        onError(error, { requestId });
        return toProblem(internalFailure(error), requestId);
      }
    },
    release: () => undefined,
  };
}

function nothing(method: string, path: string): Failure {
  return new Failure('route.not_found', `There is no route ${method} ${path.slice(0, 200)}.`, {
    hint: 'This port has /metrics, /healthz and /readyz.',
  });
}
