import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { idAt, newId } from './ids.ts';
import { failed, now, openPast, type Past } from './statistics.test-rig.ts';

afterAll(stopHomes);

describe.each(storeHomes)('statistics on $name', ({ create }) => {
  let home: StoreHome;
  let past: Past;
  beforeEach(async () => {
    home = await create();
    past = await openPast(home);
  });
  afterEach(async () => {
    await past.close();
    await home.remove();
  });
  const get = async (path: string) => {
    const { status, body } = await past.get(path);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const lasting = (ms: number, finishedAt: number) => ({ started_at: finishedAt - ms });

  it('counts the tasks of a window by where they stand, with exact percentiles', async () => {
    for (let at = 1; at <= 20; at += 1) await past.task(at, lasting(at * 100, now - at * 60_000));
    await past.task(5, { ...failed('timeout'), ...lasting(5_000, now - 300_000) });
    await past.task(6, { status: 'cancelled', result: null, started_at: null });
    await past.task(10, {
      status: 'queued',
      finished_at: null,
      started_at: null,
      result: null,
      created_at: now - 600_000,
    });
    await past.task(60 * 24 * 31, {});
    await past.door.call('POST /v1/tasks', {
      key: past.door.otherKey,
      body: { agentId: past.agentId, input: { payload: {} } },
    });
    expect(await get('/tasks/stats')).toEqual({
      total: 23,
      byStatus: { scheduled: 0, queued: 1, running: 0, waiting: 0, completed: 20, failed: 1, cancelled: 1 },
      successRate: 0.9524,
      avgDurationMs: Math.round((21_000 + 5_000) / 21),
      p95DurationMs: 2_000,
      oldestQueuedAt: new Date(now - 600_000).toISOString(),
      tokens: 23 * 15,
      costUsd: 0.0023,
    });
    expect(await get('/tasks/stats?period=1h&agentId=agt_other')).toMatchObject({ total: 0, successRate: null });
  });

  it('has an unknown cost where one price is unknown', async () => {
    await past.task(1);
    await past.task(2, { cost_microusd: null });
    expect(await get('/tasks/stats')).toMatchObject({ total: 2, costUsd: null });
    const { points } = (await get('/tasks/history?period=4m')) as { points: { costUsd: number | null }[] };
    expect(points.map(({ costUsd }) => costUsd)).toEqual([0, 0, null, 0.0001, 0]);
  });

  it('says the same of a past that it has looked at before, and sees at once what has just ended', async () => {
    const day = 24 * 60;
    for (let at = 1; at <= 60; at += 1) {
      const finishedAt = now - at * 13 * 60 * 60_000;
      await past.task(at * 13 * 60, { ...lasting(at * 10, finishedAt), ...(at % 7 === 0 ? failed('timeout') : {}) });
    }
    const looks = [
      '/tasks/stats',
      '/tasks/stats?period=week',
      '/tasks/history?period=month',
      '/tasks/history?period=3d',
      `/agents/${past.agentId}/metrics?period=month`,
      `/agents/${past.agentId}/analytics/performance`,
    ];
    const first = await Promise.all(looks.map(get));
    expect(await Promise.all(looks.map(get))).toEqual(first);
    await past.task(1);
    // Ended in a day that is remembered by now, but was created before the month that the figures are of.
    await past.task(2 * day, { created_at: now - 31 * day * 60_000 });
    const total = first[0]?.total as number;
    expect(await get('/tasks/stats')).toMatchObject({ total: total + 1 });
  });

  it('knows how long a list is, whatever was remembered of it', async () => {
    const lengths = async () => {
      const pages = ['', '&status=failed', '&status=failed&status=queued'].map((filter) =>
        get(`/tasks?limit=1${filter}`),
      );
      return (await Promise.all(pages)).map(({ pagination }) => (pagination as { total: number }).total);
    };
    for (let at = 1; at <= 6; at += 1) {
      const id = newId('tsk', now - at * 60 * 60_000);
      await past.task(at * 60, { id, ...(at % 2 === 0 ? failed('timeout') : {}) });
    }
    expect(await lengths()).toEqual([6, 3, 3]);
    expect(await lengths()).toEqual([6, 3, 3]);
    await past.task(1, failed('timeout'));
    await past.task(0, { status: 'queued', finished_at: null, started_at: null, result: null });
    expect(await lengths()).toEqual([8, 4, 5]);
  });

  it('finds tasks by when they were created, and counts them, also behind a clock that was set back', async () => {
    const made = async (minutesAgo: number, idMinutesAgo = minutesAgo) => {
      const created_at = now - minutesAgo * 60_000;
      // Of its own time: a process makes none that is smaller than its last.
      const id = `${idAt('tsk', now - idMinutesAgo * 60_000)}${newId('tsk', now).slice(-16)}`;
      return past.task(minutesAgo, { id, created_at });
    };
    const ids: string[] = [];
    for (let at = 10; at >= 1; at -= 1) ids.unshift(await made(at * 60));
    // Its id is of an hour ago: the clock was set back by half an hour then.
    const late = await made(90, 60);
    const at = (hours: number) => new Date(now - hours * 3_600_000).toISOString();
    const look = async (query: string) => {
      const { data, pagination } = await get(`/tasks?${query}`);
      return [(data as { id: string }[]).map(({ id }) => id), (pagination as { total: number }).total];
    };
    expect(await look(`fromDate=${at(8)}&toDate=${at(5)}`)).toEqual([[ids[5], ids[6], ids[7]], 3]);
    expect(await look(`fromDate=${at(8)}&toDate=${at(5)}&limit=1`)).toEqual([[ids[5]], 3]);
    expect(await look(`fromDate=${at(8)}&toDate=${at(5)}&limit=1&page=3`)).toEqual([[ids[7]], 3]);
    expect(await look(`toDate=${at(1.25)}&limit=2`)).toEqual([[late, ids[1]], 10]);
    expect(await look(`fromDate=${at(2)}&limit=1`)).toEqual([[late], 3]);
    expect(await look(`fromDate=${at(1.6)}&toDate=${at(1.4)}&limit=1`)).toEqual([[late], 1]);
  });

  it('has every bucket of a history, the empty ones too', async () => {
    await past.task(10);
    await past.task(20, failed('timeout'));
    await past.task(60 * 3);
    const history = await get('/tasks/history?period=day');
    expect(history).toMatchObject({ granularity: 'hour', to: new Date(now + 1).toISOString() });
    const points = history.points as {
      timestamp: string;
      total: number;
      failed: number;
      p95DurationMs: number | null;
    }[];
    expect(points).toHaveLength(25);
    expect(points.filter(({ total }) => total > 0)).toMatchObject([
      { timestamp: '2026-11-21T09:00:00.000Z', total: 1, failed: 0, p95DurationMs: 1_000 },
      { timestamp: '2026-11-21T12:00:00.000Z', total: 2, failed: 1, p95DurationMs: 1_000 },
    ]);
    expect(points[0]).toMatchObject({
      timestamp: '2026-11-20T12:00:00.000Z',
      total: 0,
      p95DurationMs: null,
      tokens: 0,
    });
    const refused = await past.get('/tasks/history?period=month&granularity=minute');
    expect([refused.status, refused.body.code]).toEqual([400, 'request.invalid']);
    expect((await past.get('/tasks/history?period=3y')).status).toBe(400);
  });

  it('says what an agent did: tasks, durations, waits, usage, tools and points', async () => {
    const task = await past.task(3, { cache_read_tokens: 4 });
    await past.task(4, { scheduled_for: now - 4 * 60_000 - 1_500 });
    await past.step(task, {});
    await past.step(task, { status: 'failed', finished_at: now - 3 * 60_000 + 90 });
    await past.step(task, { kind: 'model', name: 'm' });
    const metrics = await get(`/agents/${past.agentId}/metrics?period=1h`);
    expect(metrics).toMatchObject({
      agentId: past.agentId,
      granularity: 'minute',
      tasks: { total: 2, completed: 2, failed: 0, cancelled: 0, successRate: 1 },
      duration: { p50Ms: 1_000, p95Ms: 1_000, p99Ms: 1_000 },
      queueWait: { p50Ms: 500, p95Ms: 1_000, p99Ms: 1_000 },
      usage: { inputTokens: 20, cacheReadTokens: 4, outputTokens: 10, costUsd: 0.0002 },
      tools: [{ name: 'http_get', calls: 2, errors: 1, p95Ms: 90 }],
    });
    expect(metrics.points).toHaveLength(61);
    expect((await past.get('/agents/agt_none/metrics')).status).toBe(404);
  });

  it('takes feedback on what has ended, and lists it newest first', async () => {
    const task = await past.task(1);
    const give = (id: string, body: object) => past.door.call(`POST /v1/tasks/${id}/feedback`, { body });
    expect(await give(task, { verdict: 'rejected', comment: 'No.' })).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^fbk_/),
        taskId: task,
        verdict: 'rejected',
        comment: 'No.',
        correctedResult: null,
      },
    });
    await give(task, { verdict: 'edited', correctedResult: { a: [1] } });
    const { body } = await past.door.call(`GET /v1/tasks/${task}/feedback`);
    expect(
      body.map(({ verdict, correctedResult }: { verdict: string; correctedResult: unknown }) => [
        verdict,
        correctedResult,
      ]),
    ).toEqual([
      ['edited', { a: [1] }],
      ['rejected', null],
    ]);
    expect(await give(task, { verdict: 'great' })).toMatchObject({ status: 400 });
    const open = await past.task(1, { status: 'running', finished_at: null, result: null });
    expect(await give(open, { verdict: 'approved' })).toMatchObject({
      status: 409,
      body: { code: 'task.not_finished' },
    });
    const foreign = await past.door.call(`POST /v1/tasks/${task}/feedback`, {
      key: past.door.otherKey,
      body: { verdict: 'approved' },
    });
    expect(foreign.status).toBe(404);
  });
});
