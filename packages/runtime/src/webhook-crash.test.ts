import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyWebhook } from '@runctl/core/webhooks';
import { Runctl, type WebhookEvent } from '@runctl/sdk';
import { expect, test } from 'vitest';
import { startRuntimeProcess } from './runtime-process.test-rig.ts';
import { startReceiver } from './services/deliveries/receiver.test-rig.ts';

test('killed with kill -9 while it delivers, it delivers at the next start: the same event under the same id', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-webhook-'));
  const receiver = await startReceiver();
  let runtime = await startRuntimeProcess(folder);
  const apiKey = runtime.apiKey ?? '';
  let client = new Runctl({ apiKey, baseUrl: runtime.url });
  const webhook = await client.tenants.webhooks.create('current', { url: receiver.url, events: ['task.completed'] });
  const agent = await client.agents.create({
    name: 'Echo',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Repeat.',
  });
  await client.agents.deploy(agent.id);
  receiver.answer = () => undefined;
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: { message: 'hello' } } });
  await expect.poll(() => receiver.received.length).toBe(1);
  await runtime.kill();

  receiver.answer = 204;
  runtime = await startRuntimeProcess(folder);
  client = new Runctl({ apiKey, baseUrl: runtime.url });
  await expect.poll(() => receiver.received.length).toBe(2);
  const [first, second] = receiver.received;
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  const event = await verifyWebhook<WebhookEvent>(second?.body ?? '', second?.headers ?? {}, webhook.secret);
  expect(event).toMatchObject({ type: 'task.completed', subjectId: task.id, data: { result: 'hello' } });
  const deliveries = () => client.tenants.webhooks.listDeliveries('current', webhook.id);
  await expect.poll(async () => (await deliveries()).data[0]?.status).toBe('delivered');
  expect((await deliveries()).data).toMatchObject([{ attempts: 2, responseStatus: 204 }]);
  await runtime.kill();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});
