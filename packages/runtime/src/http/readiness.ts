import { Failure } from '../services/failure.ts';
import type { Services } from '../services/services.ts';
import { storeFailure } from '../services/store-failure.ts';
import { jsonResponse } from './headers.ts';
import { toProblem } from './problem.ts';

/** `GET /readyz`: whether the database answers. */
export async function readiness(services: Pick<Services, 'checkStore'>, requestId: string): Promise<Response> {
  try {
    await services.checkStore();
    return jsonResponse(200, '{"status":"ready"}', requestId);
  } catch (cause) {
    const failure = new Failure('store.unavailable', 'The database does not answer.', { cause, retryAfterSeconds: 1 });
    return toProblem(storeFailure(cause) ?? failure, requestId);
  }
}
