// The runtime tells a server of yours what happened to tasks; the server knows by the signature that it is the runtime.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { Runctl } from '@runctl/sdk';
import { startReceiver } from './receiver.ts';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

let secret = '';
const told = new Map<string, string>();
const receiver = await startReceiver(
  () => secret,
  (event) => {
    const why = event.type === 'task.failed' ? `: ${event.data.error.message}` : '';
    console.log(`  ${event.id}  ${event.type}  ${event.subjectId}${why}`);
    told.set(event.subjectId, event.type);
  },
);

const webhook = await client.tenants.webhooks.create('current', {
  url: receiver.url,
  events: ['task.completed', 'task.failed'],
});
secret = webhook.secret; // shown this once

const agent = await client.agents.create({
  name: 'Sometimes lucky',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'scripted', // 'gpt-4o-mini'
  systemPrompt: 'You answer.',
  // What the simulated model answers; a real one does not see it.
  metadata: {
    simulation: {
      rules: [
        { when: { text: 'fail' }, reply: { error: { code: 'provider_error', message: 'As you wish.' } } },
        { when: {}, reply: { text: 'Done.' } },
      ],
    },
  },
});
await client.agents.deploy(agent.id);

console.log('Deliveries:');
const [good, bad] = await client.tasks.createBatch({
  tasks: ['Please work', 'Please fail'].map((message) => ({ agentId: agent.id, input: { payload: { message } } })),
});
assert(good && bad);
while (!(told.has(good.id) && told.has(bad.id))) await pause(50);

const forged = await fetch(receiver.url, { method: 'POST', body: '{"type":"task.completed"}' });
console.log(`A delivery that the runtime did not sign: ${forged.status} ${await forged.text()}`);

// The receiver may answer before the runtime has written down that it did.
await pause(500);
for await (const { eventType, status, attempts, responseStatus } of client.tenants.webhooks.iterDeliveries(
  'current',
  webhook.id,
)) {
  console.log(`The runtime's list: ${eventType} ${status}, attempt ${attempts}, answered ${responseStatus}`);
}
console.log('No model was called: the provider is "simulated". The deliveries and their signatures are real.');

await client.tenants.webhooks.delete('current', webhook.id);
receiver.close();

assert.equal(told.get(good.id), 'task.completed');
assert.equal(told.get(bad.id), 'task.failed');
assert.equal(forged.status, 400);
