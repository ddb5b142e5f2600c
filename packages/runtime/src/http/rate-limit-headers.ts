import { Failure } from '../services/failure.ts';
import { type RateDecision, windowSeconds } from '../services/token-bucket.ts';

/** The fields of draft-ietf-httpapi-ratelimit-headers, revision 11: what the policy is, and where the bucket stands. */
export function rateLimitHeaders(decision: RateDecision | null): Record<string, string> {
  if (decision === null) return {};
  const { policy, remaining, fullInSeconds } = decision;
  return {
    'ratelimit-policy': `"${policy.name}";q=${policy.perMinute};w=${windowSeconds}`,
    ratelimit: `"${policy.name}";r=${remaining};t=${fullInSeconds}`,
  };
}

/** @throws {Failure} `rate_limit.exceeded`, with the time after which a request is taken again */
export function checkRate(decision: RateDecision | null): void {
  if (decision === null || decision.isAllowed) return;
  const retryAfterSeconds = Math.max(decision.retryAfterSeconds, 1);
  throw new Failure('rate_limit.exceeded', `More than ${decision.policy.perMinute} requests came within a minute.`, {
    retryAfterSeconds,
    hint: `Come back in ${retryAfterSeconds} s.`,
  });
}
