import type { OptimizationMetrics } from '@runctl/agents';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoreHome, stopHomes, storeHomes } from '../store/store-homes.test-rig.ts';
import { failed, openPast, type Past } from './statistics.test-rig.ts';

afterAll(stopHomes);

describe.each(storeHomes)('analytics on $name', ({ create }) => {
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
  const read = async (name: string) => {
    const { status, body } = await past.get(`/agents/${past.agentId}/analytics/${name}?period=day`);
    expect(status, JSON.stringify(body)).toBe(200);
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers whose shape it asserts
    return body as any;
  };
  const many = async (count: number, change: Parameters<Past['task']>[1] = {}) => {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await past.task(1 + (at % 30), change));
    return ids;
  };
  const judge = (taskId: string, verdict: string) =>
    past.door.call(`POST /v1/tasks/${taskId}/feedback`, { body: { verdict } });

  it('says nothing of few samples, nor of simulated tasks', async () => {
    await many(19);
    await many(30, { simulated: 1, ...failed('timeout') });
    const { versions } = await read('performance');
    expect(versions).toMatchObject([{ version: 1, tasks: 19, successRate: { value: null, n: 19, low: null } }]);
    expect(await read('optimization')).toMatchObject({
      waste: [{ kind: 'failed', tasks: 0, costUsd: 0 }, {}, {}, {}, {}],
      failures: [],
      suggestions: [],
    });
  });

  it('puts versions side by side', async () => {
    const ids = await many(24);
    await many(6, failed('provider_error'));
    await many(3, { agent_version: 2, steps: 4, cost_microusd: null });
    for (const [at, id] of ids.slice(0, 20).entries()) await judge(id, at < 15 ? 'approved' : 'edited');
    const { versions } = await read('performance');
    expect(versions).toMatchObject([
      { version: 2, tasks: 3, stepsPerTask: 4, costUsdPerSuccess: null, approvalRate: { value: null, n: 0 } },
      {
        version: 1,
        tasks: 30,
        successRate: { value: 0.8, n: 30, low: 0.6269, high: 0.9049 },
        approvalRate: { value: 0.75, n: 20 },
        duration: { p50Ms: 1_000 },
        stepsPerTask: 1,
        costUsdPerSuccess: 0.000125,
      },
    ]);
  });

  it('keeps the three approval rates apart', async () => {
    const [first = ''] = await many(1);
    const [simulated = ''] = await many(1, { simulated: 1 });
    const decide = (approved: boolean, edited = false) =>
      past.step(first, {
        kind: 'approval',
        name: 'send_mail',
        output: JSON.stringify({ approved, arguments: edited ? {} : null, comment: null }),
      });
    for (let at = 0; at < 18; at += 1) await decide(true, at < 2);
    for (let at = 0; at < 2; at += 1) await decide(false);
    await past.step(simulated, { kind: 'approval', name: 'send_mail', output: '{"approved":true,"arguments":null}' });
    const error = '{"code":"expired","message":"Too late.","step":1,"retryable":true}';
    await past.step(first, { kind: 'approval', name: 'send_mail', status: 'failed', error, output: '{}' });
    const cancelled = '{"code":"cancelled","message":"Off.","step":1,"retryable":false}';
    await past.step(first, { kind: 'approval', name: 'send_mail', status: 'failed', error: cancelled });
    await judge(first, 'approved');
    expect(await read('approvals')).toMatchObject({
      toolCalls: {
        value: 0.9,
        n: 20,
        edited: 2,
        timedOut: 1,
        byTool: [{ name: 'send_mail', approved: 18, rejected: 2 }],
      },
      feedback: { value: null, n: 1 },
      workflowApprovals: { value: null, n: 0 },
    });
  });

  it('counts the approvals of workflows that were about the agent’s work', async () => {
    const ids = await many(20);
    const [simulated = ''] = await many(1, { simulated: 1 });
    const [others = ''] = await many(1, { agent_id: 'agt_other' });
    for (const [at, id] of ids.entries()) await past.approval(id, at < 15 ? 'approved' : 'rejected');
    for (const id of [simulated, others]) await past.approval(id, 'approved');
    await past.approval(ids[0] ?? '', 'timeout');
    expect(await read('approvals')).toMatchObject({ workflowApprovals: { value: 0.75, n: 20 }, toolCalls: { n: 0 } });
  });

  it('groups failures by what they have in common, and sums up what was wasted', async () => {
    await many(20);
    const ids = await many(3, failed('tool_error', 'Status 503 from https://a.test/1 after 12 ms'));
    await past.task(1, failed('tool_error', 'Status 500 from https://b.test/2 after 7 ms'));
    for (const id of ids) await past.step(id, { status: 'failed' });
    await many(2, { ...failed('max_steps'), cost_microusd: null });
    await past.task(1, failed('loop_detected'));
    await past.task(1, { status: 'cancelled', result: null });
    await past.step(ids[0] ?? '', { input: '{"q":1}' });
    await past.step(ids[0] ?? '', { input: '{"q":1}' });
    const { failures, waste } = await read('optimization');
    expect(failures).toMatchObject(
      [
        { code: 'tool_error', toolName: 'http_get', count: 3 },
        { code: 'max_steps', toolName: null, count: 2 },
        { code: 'loop_detected', count: 1 },
        { code: 'tool_error', toolName: null, count: 1, taskIds: [expect.stringMatching(/^tsk_/)] },
      ].sort((a, b) => b.count - a.count),
    );
    expect(failures[0].taskIds.sort()).toEqual(ids.sort());
    expect(waste).toEqual([
      { kind: 'failed', tasks: 4, costUsd: 0.0004 },
      { kind: 'cancelled', tasks: 1, costUsd: 0.0001 },
      { kind: 'max_steps', tasks: 2, costUsd: null },
      { kind: 'loop', tasks: 1, costUsd: 0.0001 },
      { kind: 'repeated_tool_call', tasks: 1, costUsd: 0.0001 },
    ]);
  });

  it('suggests by rules, with the evidence, and applies one as the next version', async () => {
    const ids = await many(30);
    const cut = await many(20, failed('max_steps'));
    for (const id of ids.slice(0, 25)) await past.step(id, { status: 'failed' });
    const { suggestions } = (await read('optimization')) as OptimizationMetrics;
    expect(suggestions.map(({ rule, change, evidence }) => [rule, change, evidence.n])).toEqual([
      ['more_steps', { limits: { maxSteps: 40 } }, 50],
      ['without_tool', { tools: ['calculator'] }, 25],
    ]);
    expect(suggestions[0]?.evidence.text).toBe('20 of 50 tasks were cut off at 20 steps.');
    expect(cut).toEqual(expect.arrayContaining(suggestions[0]?.evidence.taskIds ?? ['none']));
    const apply = (id = '') => past.door.call(`POST /v1/agents/${past.agentId}/analytics/suggestions/${id}/apply`);
    expect(await apply(suggestions[0]?.id)).toMatchObject({
      status: 200,
      body: { version: 2, limits: { maxSteps: 40, taskTimeoutSeconds: 600 } },
    });
    expect(await apply(suggestions[1]?.id)).toMatchObject({ status: 409, body: { code: 'agent.changed' } });
    expect(await apply('sug_00000200000000000000000000')).toMatchObject({
      status: 404,
      body: { code: 'suggestion.not_found' },
    });
    expect(await apply('sug_none')).toMatchObject({ status: 404 });
  });
});
