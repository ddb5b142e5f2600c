import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor } from '../http/front-door.test-rig.ts';
import { stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { nobody } from './authentication.ts';
import { RateLimits } from './rate-limits.ts';
import { sharedBuckets } from './shared-buckets.ts';
import { setTenantLimits } from './tenants.ts';
import { decide, takeFrom } from './token-bucket.ts';

afterAll(stopHomes);

async function openLimited(requestsPerMinute: number, clock: { now: number }): Promise<FrontDoor> {
  const door = await openFrontDoor({ now: () => clock.now });
  await door.store.write(({ query }) => setTenantLimits(query, door.tenantId, { requestsPerMinute }, clock.now));
  return door;
}

describe('a key with a limit', () => {
  it('is told the policy and what is left, and after Retry-After the next request is taken', async () => {
    const clock = { now: Date.parse('2026-11-21T12:00:00Z') };
    const door = await openLimited(6, clock);
    const first = await door.call('GET /v1/agents');
    expect(first.headers.get('ratelimit-policy')).toBe('"key";q=6;w=60');
    expect(first.headers.get('ratelimit')).toBe('"key";r=5;t=10');
    for (let n = 0; n < 5; n += 1) expect((await door.call('GET /v1/agents/agt_x')).status).toBe(404);
    const refused = await door.call('GET /v1/agents');
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limit.exceeded', retryable: true } });
    expect(refused.headers.get('ratelimit')).toBe('"key";r=0;t=60');
    const waitSeconds = Number(refused.headers.get('retry-after'));
    clock.now += waitSeconds * 1_000 - 1;
    expect((await door.call('GET /v1/agents')).status).toBe(429);
    clock.now += 1;
    expect((await door.call('GET /v1/agents')).status).toBe(200);
    expect((await door.call('GET /v1/agents', { key: door.otherKey })).headers.get('ratelimit')).toBeNull();
    await door.close();
  });

  it('lets exactly the limit through, of many at once', async () => {
    const door = await openLimited(10, { now: Date.now() });
    const answers = await Promise.all(Array.from({ length: 30 }, () => door.call('GET /v1/whoami')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    await door.close();
  });
});

it('more keys of a tenant get it no further than ten do', async () => {
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') };
  const door = await openFrontDoor({ now: () => clock.now });
  const make = (n: number) => door.call('POST /v1/tenants/current/api-keys', { body: { name: `key ${n}` } });
  const keys = (await Promise.all(Array.from({ length: 15 }, (_, n) => make(n)))).map(({ body }) => body.key as string);
  await door.store.write(({ query }) => setTenantLimits(query, door.tenantId, { requestsPerMinute: 6 }, clock.now));
  clock.now += 1_000;
  const answers = [];
  for (const key of keys) for (let n = 0; n < 6; n += 1) answers.push(await door.call('GET /v1/whoami', { key }));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(60);
  const refused = answers.at(-1);
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limit.exceeded' } });
  expect(refused?.headers.get('ratelimit-policy')).toBe('"tenant";q=60;w=60');
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect((await door.call('GET /v1/whoami', { key: door.otherKey })).status).toBe(200);
  await door.close();
});

it('an address without a good key is refused for a while, and its good keys are not', async () => {
  const now = Date.now();
  const door = await openFrontDoor({ now: () => now });
  const address = '192.0.2.7';
  const guess = () => door.call('GET /v1/whoami', { key: `rctl_${'x'.repeat(32)}`, address });
  const answers = await Promise.all(Array.from({ length: 610 }, guess));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(600);
  expect(answers.at(-1)?.headers.get('retry-after')).toBe('1');
  expect((await door.call('GET /v1/whoami', { address })).status).toBe(200);
  await door.close();
});

describe.each(storeHomes)('buckets shared on $name', ({ create }) => {
  it('hold over processes: together they never let more than the limit through', async () => {
    const home = await create();
    const store = await home.open();
    let now = Date.now();
    const processes = [1, 2, 3].map(() => new RateLimits({ now: () => now, shared: sharedBuckets(store) }));
    for (const requestsPerMinute of [7, 100]) {
      const key = { ...nobody, apiKeyId: `key_${requestsPerMinute}`, requestsPerMinute };
      const burst = async () => {
        const asked = Array.from({ length: 150 }, (_, n) => processes[n % 3]?.ofKey(key));
        return (await Promise.all(asked)).filter((decision) => decision?.isAllowed).length;
      };
      expect(await burst()).toBe(requestsPerMinute);
      expect(await burst()).toBe(0);
      now += 60_000;
      expect(await burst()).toBe(requestsPerMinute);
    }
    await store.close();
    await home.remove();
  });
});

it('a bucket never gives more than it holds and gains, and what it says is true', () => {
  const policies = fc.integer({ min: 1, max: 10_000 }).map((perMinute) => ({ name: 'x', perMinute }));
  const gaps = fc.array(fc.nat(20_000_000), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(policies, gaps, (policy, waits) => {
      let [nowUs, fullAt, taken] = [1_700_000_000_000_000, 0, 0];
      const begin = nowUs;
      for (const wait of waits) {
        nowUs += wait;
        const before = decide(fullAt, policy, nowUs, true);
        const next = takeFrom(fullAt, policy, nowUs);
        expect(next !== undefined).toBe(before.remaining > 0);
        if (next === undefined) {
          const later = nowUs + before.retryAfterSeconds * 1_000_000;
          expect(takeFrom(fullAt, policy, later)).toBeDefined();
          continue;
        }
        fullAt = next;
        taken += 1;
        expect(decide(fullAt, policy, nowUs, true).remaining).toBe(before.remaining - 1);
      }
      expect(taken).toBeLessThanOrEqual(policy.perMinute + ((nowUs - begin) / 60_000_000) * policy.perMinute + 1);
    }),
  );
});
