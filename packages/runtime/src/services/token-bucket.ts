/** How many requests a bucket takes. */
export interface RatePolicy {
  /** Shown to the caller: what is limited. */
  name: string;
  /** The bucket holds this many, and gains as many a minute. */
  perMinute: number;
}

/** The length of a policy's window. */
export const windowSeconds = 60;
const windowUs = windowSeconds * 1_000_000;

/** What a request came to, and where the bucket stands behind it. */
export interface RateDecision {
  policy: RatePolicy;
  isAllowed: boolean;
  /** Requests that would be taken now. */
  remaining: number;
  /** Seconds until the bucket is full again. */
  fullInSeconds: number;
  /** Seconds until the next request is taken; 0: now. */
  retryAfterSeconds: number;
}

/** What a request costs: microseconds by which the bucket is full later. */
export function costUs({ perMinute }: RatePolicy): number {
  return Math.max(Math.floor(windowUs / perMinute), 1);
}

/**
 * Takes from a bucket, which is one number: when it will be full again. That is the same as counting tokens, and one
 * comparison decides. Undefined where there is not enough in it.
 */
export function takeFrom(fullAtUs: number, policy: RatePolicy, nowUs: number, count = 1): number | undefined {
  const next = Math.max(fullAtUs, nowUs) + count * costUs(policy);
  return next <= latestUs(policy, nowUs) ? next : undefined;
}

/** When an empty bucket is full. */
export function latestUs(policy: RatePolicy, nowUs: number): number {
  return nowUs + policy.perMinute * costUs(policy);
}

/** What to tell of a bucket. */
export function decide(fullAtUs: number, policy: RatePolicy, nowUs: number, isAllowed: boolean): RateDecision {
  const cost = costUs(policy);
  const missingUs = Math.max(fullAtUs - nowUs, 0);
  const remaining = Math.max(Math.floor((latestUs(policy, nowUs) - Math.max(fullAtUs, nowUs)) / cost), 0);
  const untilNextUs = Math.max(missingUs + cost - policy.perMinute * cost, 0);
  return {
    policy,
    isAllowed,
    remaining,
    fullInSeconds: Math.ceil(missingUs / 1_000_000),
    retryAfterSeconds: Math.ceil(untilNextUs / 1_000_000),
  };
}
