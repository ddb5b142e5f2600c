import { describe, expect, it } from 'vitest';
import { EgressFailure } from '../egress/egress-error.ts';
import type { EgressGuard, EgressRequest, EgressResponse } from '../egress/egress-guard.ts';
import { type EndpointLimits, Endpoints } from './endpoints.ts';

const limits = { concurrent: 2, waiting: 2, patienceMs: 30 };
const answered: EgressResponse = { status: 200, headers: {}, body: new Uint8Array() };

/** A network whose calls end when the test says so. */
function rig(bounds: EndpointLimits = limits) {
  const underWay: { url: string; end(response: Partial<EgressResponse> | Error): void }[] = [];
  const egress = {
    fetch: (url: string, { signal }: EgressRequest) =>
      new Promise<EgressResponse>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        underWay.push({
          url,
          end: (response) => (response instanceof Error ? reject(response) : resolve({ ...answered, ...response })),
        });
      }),
  };
  const clock = { now: 0 };
  const endpoints = new Endpoints(egress as unknown as EgressGuard, () => clock.now, bounds);
  const call = (tenant: string, url: string, change: Partial<EgressRequest> = {}) =>
    endpoints.fetch(tenant, url, { maxBytes: 1, timeoutMs: 60_000, ...change }).then(
      ({ status }) => status,
      ({ code, message }) => code ?? message,
    );
  return { underWay, clock, call };
}

const settled = () => new Promise(setImmediate);

describe('calls to one endpoint', () => {
  it('take turns, in their order, and are refused where too many wait and none ends soon', async () => {
    const { underWay, call } = rig();
    const calls = [1, 2, 3, 4, 5].map((each) => call('t', `https://slow.test/${each}`));
    await settled();
    expect(underWay.map(({ url }) => url)).toEqual(['https://slow.test/1', 'https://slow.test/2']);
    expect(await calls[4]).toBe('tool_overloaded');
    underWay[1]?.end({});
    await settled();
    expect(underWay[2]?.url).toBe('https://slow.test/3');
    for (const each of [0, 2, 3]) {
      underWay[each]?.end({});
      await settled();
    }
    expect(await Promise.all(calls.slice(0, 4))).toEqual([200, 200, 200, 200]);
  });

  it('leave other endpoints and other tenants alone', async () => {
    const { underWay, call } = rig();
    for (let each = 0; each < 10; each += 1) void call('t', 'https://slow.test/');
    void call('t', 'https://quick.test/');
    void call('other', 'https://slow.test/');
    await settled();
    expect(underWay.map(({ url }) => url)).toEqual([
      'https://slow.test/',
      'https://slow.test/',
      'https://quick.test/',
      'https://slow.test/',
    ]);
  });

  it('are refused where a tenant’s calls to all endpoints hold too many slots, and taken again once some have ended', async () => {
    const { underWay, call } = rig({ ...limits, ofTenant: 3 });
    for (const host of ['a', 'b', 'c']) void call('t', `https://${host}.test/`);
    expect(await call('t', 'https://d.test/')).toBe('tool_overloaded');
    void call('other', 'https://d.test/');
    await settled();
    expect(underWay).toHaveLength(4);
    underWay[0]?.end({});
    await settled();
    void call('t', 'https://d.test/');
    await settled();
    expect(underWay).toHaveLength(5);
  });

  it('are taken though too many wait, where one ends soon', async () => {
    const { underWay, call } = rig({ concurrent: 1, waiting: 0, ofTenant: 1, patienceMs: 5_000 });
    void call('t', 'https://quick.test/');
    const second = call('t', 'https://quick.test/');
    await settled();
    expect(underWay).toHaveLength(1);
    underWay[0]?.end({});
    await settled();
    underWay[1]?.end({});
    expect(await second).toBe(200);
  });

  it('wait no longer than they may take, and not at all once cancelled', async () => {
    const { underWay, call } = rig();
    void call('t', 'https://slow.test/');
    void call('t', 'https://slow.test/');
    const controller = new AbortController();
    const cancelled = call('t', 'https://slow.test/', { signal: controller.signal });
    expect(await call('t', 'https://slow.test/', { timeoutMs: 20 })).toBe('timeout');
    controller.abort(new RangeError('cancelled'));
    expect(await cancelled).toBe('cancelled');
    void call('t', 'https://slow.test/last');
    underWay[0]?.end({});
    await settled();
    expect(underWay.map(({ url }) => url).at(-1)).toBe('https://slow.test/last');
  });
});

describe('an endpoint that fails again and again', () => {
  const down = new EgressFailure('network', 'refused');

  it('is left alone for a while, then asked once, for its own tenant only', async () => {
    const { underWay, clock, call } = rig();
    for (const end of [down, { status: 503 }, down, new EgressFailure('timeout', 'late'), down]) {
      const failing = call('t', 'https://down.test/');
      await settled();
      underWay.at(-1)?.end(end);
      await failing;
    }
    expect(underWay).toHaveLength(5);
    expect(await call('t', 'https://down.test/')).toBe('tool_unavailable');
    expect(underWay).toHaveLength(5);
    void call('other', 'https://down.test/');
    await settled();
    expect(underWay).toHaveLength(6);
    clock.now = 10_000;
    const probe = call('t', 'https://down.test/');
    expect(await call('t', 'https://down.test/')).toBe('tool_unavailable');
    await settled();
    underWay.at(-1)?.end({});
    expect(await probe).toBe(200);
    void call('t', 'https://down.test/');
    await settled();
    expect(underWay).toHaveLength(8);
  });

  it('does not keep those that waited for it', async () => {
    const { underWay, call } = rig();
    for (let each = 0; each < 4; each += 1) {
      const failing = call('t', 'https://down.test/');
      await settled();
      underWay.at(-1)?.end(down);
      await failing;
    }
    const calls = [1, 2, 3, 4].map(() => call('t', 'https://down.test/'));
    await settled();
    underWay.at(-1)?.end(down);
    expect(await calls[1]).toBe('network');
    expect(await Promise.all(calls.slice(2))).toEqual(['tool_unavailable', 'tool_unavailable']);
  });

  it('has not failed where it answers 404, or more than is read', async () => {
    const { underWay, call } = rig();
    for (let each = 0; each < 20; each += 1) {
      const pending = call('t', 'https://up.test/');
      await settled();
      underWay.at(-1)?.end(each % 2 === 0 ? { status: 404 } : new EgressFailure('too_large', 'long'));
      await pending;
    }
    expect(underWay).toHaveLength(20);
  });
});
