import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@runctl/core';
import { Runctl } from '@runctl/sdk';
import { expect, test } from 'vitest';
import { createRuntime, type Runtime } from './runtime.ts';

const operatorKey = `rctl_${'s'.repeat(32)}`;

function clientOf(runtime: Runtime, apiKey: string): Runctl {
  return new Runctl({
    apiKey,
    baseUrl: 'https://runctl.test',
    fetch: (input, init) => runtime.fetch(new Request(input, init)),
  });
}

const scripted = (rules: object[]) => ({
  ...{ name: 'Scripted', type: 'reactive' as const, modelProvider: 'simulated', model: 'scripted', systemPrompt: '' },
  metadata: { simulation: { rules: rules as JsonValue } },
});

test('a thousand tasks on an endpoint that does not answer leave another tenant’s task prompt', async () => {
  let called = 0;
  const server = createServer(() => {
    called += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const invokeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const folder = mkdtempSync(join(tmpdir(), 'runctl-slow-'));
  const env = { RUNCTL_OPERATOR_KEY: operatorKey };
  const runtime = await createRuntime({ folder, env, egressAllow: ['127.0.0.1'], slots: 32 });
  try {
    const flood = clientOf(runtime, runtime.newApiKey ?? '');
    const tool = { name: 'slow', description: 'Slow.', inputSchema: { type: 'object' }, enabled: true, invokeUrl };
    const caller = await flood.agents.create({
      ...scripted([
        { when: { text: 'Call' }, reply: { toolCalls: [{ name: 'slow', arguments: {} }] } },
        { when: { tool: 'slow' }, reply: { text: 'It is slow.' } },
      ]),
      tools: [tool],
    });
    await flood.agents.deploy(caller.id, { replicas: 500 });
    const { apiKey } = await clientOf(runtime, operatorKey).tenants.create({
      name: 'Other',
      ownerEmail: 'o@other.test',
    });
    const other = clientOf(runtime, apiKey);
    const quick = await other.agents.create(scripted([{ when: {}, reply: { text: 'Here I am.' } }]));
    await other.agents.deploy(quick.id, { replicas: 1 });

    const input = { payload: { message: 'Call.' } };
    const tasks = Array.from({ length: 25 }, () => ({ agentId: caller.id, input }));
    for (let at = 0; at < 40; at += 1) await flood.tasks.createBatch({ tasks });
    await expect.poll(() => called).toBe(24);
    // The others are refused after a second each, so that their slots change hands.
    const task = await other.tasks.create({ agentId: quick.id, input: { payload: { message: 'Quick.' } } });
    const done = await other.tasks.waitForCompletion(task.id, { timeoutMs: 120_000 });
    expect(done).toMatchObject({ status: 'completed', result: 'Here I am.' });
    expect(called).toBe(24);
    const running = await flood.tasks.list({ status: 'running' });
    expect(running.pagination.total).toBeGreaterThanOrEqual(24);
  } finally {
    await runtime.stop(0);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
});
