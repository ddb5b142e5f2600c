import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runctl } from '@runctl/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRuntime, type Runtime } from './runtime.ts';

let folder: string;
let runtime: Runtime;
let client: Runctl;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'runctl-simulated-'));
  runtime = await createRuntime({ folder });
  client = new Runctl({
    apiKey: runtime.newApiKey ?? '',
    baseUrl: 'http://127.0.0.1',
    fetch: async (...request) => runtime.fetch(new Request(...request)),
  });
});
afterEach(async () => {
  await runtime.stop(0);
  rmSync(folder, { recursive: true });
});

test('simulated tasks count in what ran, and neither in how well it went nor in what it took', async () => {
  const { id: agentId } = await client.agents.create({
    name: 'Clerk',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Be brief.',
  });
  await client.agents.deploy(agentId);
  const input = { payload: { message: 'What is 2 + 2?' } };
  const ended = await Promise.all([1, 2, 3].map(() => client.tasks.createAndWait({ agentId, input })));
  const tokens = ended.reduce((sum, { usage }) => sum + usage.inputTokens + usage.outputTokens, 0);
  expect(ended.map(({ simulated, usage }) => [simulated, usage.costUsd])).toEqual([1, 2, 3].map(() => [true, 0]));
  expect(tokens).toBeGreaterThan(0);

  const metrics = await client.agents.getMetrics(agentId);
  expect([metrics.tasks.total, metrics.usage.inputTokens + metrics.usage.outputTokens]).toEqual([3, tokens]);
  expect(metrics.usage.costUsd).toBe(0);
  expect(await client.tasks.getStats({ agentId })).toMatchObject({ total: 3, tokens, costUsd: 0 });
  const { points } = await client.tasks.getExecutionHistory('1h');
  expect(points.reduce((sum, point) => sum + point.tokens, 0)).toBe(tokens);

  expect((await client.agents.analytics.getPerformance(agentId)).versions).toEqual([]);
  await client.tasks.submitFeedback(ended[0]?.id ?? '', { verdict: 'approved' });
  expect((await client.agents.analytics.getApprovalRates(agentId)).feedback.n).toBe(0);

  expect(await client.tenants.getUsage('current')).toMatchObject({
    tokensToday: 0,
    tokensThisPeriod: 0,
    costThisPeriodUsd: 0,
  });
  expect((await client.tenants.getTokenUsageHistory('current')).totals).toMatchObject({ inputTokens: 0, costUsd: 0 });
  expect(await client.tenants.getCostHistory('current')).toMatchObject({ total: 0, unpricedTokens: 0 });
  const history = await client.tenants.getUsageHistory('current');
  expect(history.points.reduce((sum, point) => sum + point.tasks, 0)).toBe(3);
});
