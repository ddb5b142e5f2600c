import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../runtime.ts';
import { createLog } from './log.ts';
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.test-rig.ts';
import { readOtlpSettings } from './otlp-settings.ts';
import { sampler } from './trace-sampler.ts';

const callersTrace = '0af7651916cd43dd8448eb211c80319c';
const callersSpan = 'b7ad6b7169203331';

let folder: string;
let receiver: OtlpReceiver;
let runtime: Runtime | undefined;
let warnings: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-otlp-'));
  warnings = '';
});
afterEach(async () => {
  await runtime?.stop(0);
  runtime = undefined;
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A runtime that exports; its client sends a `traceparent` where one is given. */
async function start(env: Record<string, string> = {}, traceparent?: string) {
  const log = createLog({
    level: 'warn',
    format: 'json',
    redact: (text) => text,
    write: (text) => {
      warnings += text;
    },
  });
  const started = await createRuntime({ folder, log, env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env } });
  runtime = started;
  const send = (apiKey: string) =>
    new Runctl({
      apiKey,
      baseUrl: 'https://runctl.test',
      headers: traceparent === undefined ? {} : { traceparent },
      fetch: (input, init) => started.fetch(new Request(input, init)),
    });
  return { client: send(started.newApiKey ?? ''), stranger: send(`rctl_${'0'.repeat(32)}`) };
}

async function runTask(client: Runctl) {
  const agent = await client.agents.create({
    name: 'Counter',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'words-of-the-prompt',
    tools: ['calculator'],
    metadata: {
      simulation: {
        rules: [
          { when: { step: 1 }, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '6*7' } }] } },
          { when: {}, reply: { text: 'words-of-the-answer' } },
        ],
      },
    },
  });
  await client.agents.deploy(agent.id, { replicas: 1 });
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'words-of-the-input' } } });
  return client.tasks.waitForCompletion(task.id);
}

describe('spans', () => {
  it('of a task, its model calls and its tools meet in one trace, with the conventions’ names and no content', async () => {
    receiver = await startOtlpReceiver();
    const { client } = await start({ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' });
    const task = await runTask(client);
    const root = await receiver.span(({ name }) => name === 'invoke_agent');
    const steps = receiver.spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
    expect(steps.map(({ name, kind }) => [name, kind])).toEqual([
      ['chat scripted', 3],
      ['execute_tool calculator', 1],
      ['chat scripted', 3],
    ]);
    expect(new Set(steps.map(({ traceId }) => traceId))).toEqual(new Set([root.traceId]));
    expect(root.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': task.agentId,
      'runctl.task.id': task.id,
      'runctl.task.status': 'completed',
      'runctl.task.steps': 3,
    });
    expect(steps[0]?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'simulated',
      'gen_ai.request.model': 'scripted',
      'gen_ai.response.finish_reasons': ['tool-calls'],
      'runctl.step': 1,
      'runctl.simulated': true,
    });
    expect(receiver.requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'content-type': 'application/json' } });
    expect(receiver.resource).toEqual({ 'service.name': 'runctl', 'deployment.environment.name': 'test' });
    expect(BigInt(root.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root.startTimeUnixNano));
    expect(receiver.bodies.join('')).not.toMatch(/words-of-the|rctl_/);
  });

  it('of requests go on with the caller’s trace, and point at the task that they made', async () => {
    receiver = await startOtlpReceiver();
    const { client } = await start({}, `00-${callersTrace}-${callersSpan}-01`);
    await runTask(client);
    const request = await receiver.span(({ name }) => name === 'POST /tasks');
    expect(request).toMatchObject({ traceId: callersTrace, parentSpanId: callersSpan, kind: 2 });
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/tasks',
      'http.response.status_code': 201,
    });
    const root = await receiver.span(({ name }) => name === 'invoke_agent');
    expect(request.links).toEqual([{ traceId: root.traceId, spanId: root.spanId }]);
  });

  it('of a stranger do not join the trace that it names, and what is no traceparent is ignored', async () => {
    receiver = await startOtlpReceiver();
    const { client, stranger } = await start({}, `00-${callersTrace}-${callersSpan}-01-bad`);
    await expect(stranger.tenants.whoami()).rejects.toMatchObject({ status: 401 });
    await client.tenants.whoami();
    const [refused, answered] = await Promise.all(
      [401, 200].map((status) => receiver.span(({ attributes }) => attributes['http.response.status_code'] === status)),
    );
    expect([refused?.traceId, answered?.traceId]).not.toContain(callersTrace);
    expect([refused?.parentSpanId, answered?.parentSpanId]).toEqual([undefined, undefined]);
  });

  it('are left out where the caller says that its trace is not recorded', async () => {
    receiver = await startOtlpReceiver();
    const { client } = await start({}, `00-${callersTrace}-${callersSpan}-00`);
    await runTask(client);
    await receiver.span(({ name }) => name === 'invoke_agent');
    expect(receiver.spans.filter(({ kind }) => kind === 2)).toEqual([]);
  });

  it('are sent again where the collector is busy, with its headers, compressed, and the last ones at the stop', async () => {
    receiver = await startOtlpReceiver(503);
    const { client } = await start({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector,x-team=agents',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'mine',
    });
    await client.tenants.whoami();
    await receiver.span(({ name }) => name === 'GET /whoami');
    expect(receiver.requests).toHaveLength(2);
    expect(receiver.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer of-the-collector',
      'x-team': 'agents',
    });
    expect(receiver.resource['service.name']).toBe('mine');
    await client.agents.list();
    await runtime?.stop(0);
    runtime = undefined;
    expect(receiver.spans.some(({ name }) => name === 'GET /agents')).toBe(true);
  });

  it('are dropped, and the log says so, where the collector refuses them', async () => {
    receiver = await startOtlpReceiver(400);
    const { client } = await start();
    await client.tenants.whoami();
    await runtime?.stop(0);
    runtime = undefined;
    expect(JSON.parse(warnings)).toMatchObject({
      message: 'spans were not taken by the collector',
      dropped: 1,
      reason: 'it answered 400',
    });
  });
});

describe('the settings of the export', () => {
  it('are OpenTelemetry’s: none without an endpoint, and the one for traces is taken as it is', async () => {
    receiver = await startOtlpReceiver();
    expect(readOtlpSettings({})).toBeUndefined();
    expect(
      readOtlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'true' }),
    ).toBeUndefined();
    expect(readOtlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/' })?.url.href).toBe(
      'http://c:4318/v1/traces',
    );
    const both = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t/x' };
    expect(readOtlpSettings(both)?.url.href).toBe('https://t/x');
    expect(() => readOtlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' })).toThrow('OTEL_EXPORTER_OTLP_ENDPOINT');
    const grpc = { ...both, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    expect(readOtlpSettings(grpc)?.warnings[0]).toContain('http/json, not as grpc');
  });

  it('choose traces by their ids, alike in every process, and follow a caller where that is asked for', async () => {
    receiver = await startOtlpReceiver();
    const tenth = sampler({ ratio: 0.1, followsParent: true });
    const ids = Array.from(
      { length: 1_000 },
      (_, at) => `${'0'.repeat(24)}${((at * 4_294_967) >>> 0).toString(16).padStart(8, '0')}`,
    );
    expect(ids.filter((id) => tenth(id, undefined))).toHaveLength(101);
    expect(tenth('f'.repeat(32), true)).toBe(true);
    expect(sampler({ ratio: 0.1, followsParent: false })('f'.repeat(32), true)).toBe(false);
  });
});
