import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ListeningRuntime, startRuntime } from '../runtime.ts';

const token = 'a-token-for-the-page-of-metrics';
let folder: string;
let runtime: ListeningRuntime | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-metrics-'));
});
afterEach(async () => {
  await runtime?.stop(0);
  runtime = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startRuntime>[0]> = {}): Promise<ListeningRuntime> {
  runtime = await startRuntime({ folder, host: '127.0.0.1', port: 0, ...options } as Parameters<
    typeof startRuntime
  >[0]);
  return runtime;
}

/** One task of an agent that asks a model, calls a tool of its own making and a built-in one, and answers. */
async function work(url: string, apiKey: string): Promise<void> {
  const client = new Runctl({ baseUrl: url, apiKey });
  const agent = await client.agents.create({
    name: 'secret-agent-name',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Work.',
    tools: ['calculator'],
    metadata: {
      simulation: {
        rules: [
          { when: { step: 1 }, reply: { toolCalls: [{ name: 'calculator', arguments: { expression: '1+1' } }] } },
          { when: {}, reply: { text: 'done' } },
        ],
      },
    },
  });
  await client.agents.deploy(agent.id, { replicas: 1 });
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'Go' } } });
  expect((await client.tasks.waitForCompletion(task.id)).status).toBe('completed');
  await client.tasks.create({ agentId: agent.id, input: { payload: {} }, scheduledFor: '2099-01-01T00:00:00Z' });
}

const read = (url: string, bearer?: string) =>
  fetch(`${url}/metrics`, bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } });

/** The value of a line, by its beginning. */
function lineOf(page: string, begin: string): number {
  const line = page.split('\n').find((one) => one.startsWith(`${begin} `));
  return Number(line?.slice(begin.length + 1));
}

describe('the page of metrics', () => {
  it('is not there for strangers: without a token set there is none, with one it takes the token', async () => {
    const { url } = await start();
    expect((await read(url, token)).status).toBe(404);
    await runtime?.stop(0);
    const guarded = await start({ env: { RUNCTL_METRICS_TOKEN: token } });
    expect((await read(guarded.url)).status).toBe(401);
    expect((await read(guarded.url, 'another-token-for-the-page')).status).toBe(401);
    expect((await read(guarded.url, token)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('refuses to start with a token that could be guessed, and does not repeat it', async () => {
    const started = start({ env: { RUNCTL_METRICS_TOKEN: 'hunter2' } });
    await expect(started).rejects.toThrow(/^RUNCTL_METRICS_TOKEN must be at least 16/);
  });

  it('has a port of its own, with the probes beside it and nothing else', async () => {
    const { metricsUrl = '' } = await start({ metrics: { host: '127.0.0.1', port: 0 } });
    expect((await read(metricsUrl)).status).toBe(200);
    const answers = await Promise.all(['healthz', 'readyz', 'v1/whoami'].map((path) => fetch(`${metricsUrl}/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
    expect((await fetch(`${metricsUrl}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('counts requests, tasks, steps, calls of models and tools, and commits', async () => {
    const { url, newApiKey = '' } = await start({ env: { RUNCTL_METRICS_TOKEN: token } });
    await work(url, newApiKey);
    await fetch(`${url}/v1/agents/agt_00000000000000000000000000`, {
      headers: { authorization: `Bearer ${newApiKey}` },
    });
    await fetch(`${url}/no/such/path/${newApiKey}`);
    const page = await (await read(url, token)).text();
    const expected = {
      'runctl_http_requests_total{route="POST /tasks",status="201"}': 2,
      'runctl_http_requests_total{route="GET /agents/:agentId",status="404"}': 1,
      'runctl_http_requests_total{route="none",status="404"}': 1,
      'runctl_http_request_duration_seconds_count{route="POST /tasks"}': 2,
      'runctl_task_runs_total{outcome="completed"}': 1,
      'runctl_task_duration_seconds_count{status="completed"}': 1,
      runctl_task_pickup_seconds_count: 1,
      'runctl_steps_total{kind="tool",status="completed"}': 1,
      'runctl_steps_total{kind="model",status="completed"}': 2,
      'runctl_model_calls_total{provider="simulated",outcome="ok"}': 2,
      'runctl_tool_calls_total{tool="calculator",outcome="ok"}': 1,
      runctl_store_commit_seconds_count: 3,
      'runctl_tasks{status="scheduled"}': 1,
      'runctl_tasks{status="running"}': 0,
      'runctl_worker_slots{state="total"}': 256,
      runctl_event_stream_readers: 0,
      runctl_errors_total: 0,
    };
    const found = Object.fromEntries(Object.keys(expected).map((begin) => [begin, lineOf(page, begin)]));
    expect(found).toEqual(expected);
    expect(lineOf(page, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(lineOf(page, 'runctl_store_commit_group_size_count')).toBeGreaterThan(3);
  });

  it('holds no text of tenants, no ids and no keys', async () => {
    const { url, newApiKey = '' } = await start({ env: { RUNCTL_METRICS_TOKEN: token } });
    await work(url, newApiKey);
    const page = await (await read(url, token)).text();
    expect(page).not.toMatch(/secret-agent-name|rctl_|\b(agt|tsk|tnt|req)_[0-9a-z]{26}/);
    // What each line of a histogram may be found by is bounded.
    expect(page.split('\n').length).toBeLessThan(600);
  });
});
