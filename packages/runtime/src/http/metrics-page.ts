import { createHash, timingSafeEqual } from 'node:crypto';
import { Failure } from '../services/failure.ts';
import { metricsContentType } from '../telemetry/metric.ts';
import { securityHeaders } from './headers.ts';
import { toProblem } from './problem.ts';

/** The page of metrics, and who may read it. */
export interface MetricsPage {
  /** What a reader sends as its bearer token. Undefined: whoever reaches the page may read it. */
  token: string | undefined;
  text(): Promise<string>;
}

/** `GET /metrics`, in the text format of Prometheus; 401 where the token is not the one. */
export async function answerMetrics(
  { token, text }: MetricsPage,
  authorization: string | undefined,
  requestId: string,
): Promise<Response> {
  if (token !== undefined && !isSame(`Bearer ${token}`, authorization ?? '')) {
    const failure = new Failure('authentication.failed', 'The page of metrics is for who has its token.', {
      hint: 'Send Authorization: Bearer and what RUNCTL_METRICS_TOKEN holds.',
    });
    return toProblem(failure, requestId);
  }
  const headers = { ...securityHeaders, 'content-type': metricsContentType, 'x-request-id': requestId };
  return new Response(await text(), { headers });
}

/** Takes as long whatever came. */
function isSame(expected: string, given: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
