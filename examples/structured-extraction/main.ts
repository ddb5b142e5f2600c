// From a letter to a value of a type: the runtime makes the model answer in the schema, the SDK checks and types it.
import assert from 'node:assert/strict';
import { Runctl } from '@runctl/sdk';
import { z } from 'zod';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

const invoice = z.object({
  number: z.string(),
  dueDate: z.iso.date(),
  currency: z.enum(['EUR', 'USD']),
  lines: z.array(z.object({ description: z.string(), amount: z.number() })).min(1),
  total: z.number().positive(),
});

const letter = `Dear customer, thank you for your order. Invoice R-2041: two chairs, 180.00 EUR,
and a table, 240.00 EUR, in all 420.00 EUR. Please pay by 15 March 2027.`;

const lines = [
  { description: 'Two chairs', amount: 180 },
  { description: 'A table', amount: 240 },
];
const answer = { number: 'R-2041', dueDate: '2027-03-15', currency: 'EUR', lines, total: 420 };

const agent = await client.agents.create({
  name: 'Invoice Reader',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'scripted', // 'gpt-4o-mini'
  systemPrompt: 'You read invoices.',
  // What the simulated model answers; a real one does not see it. The first answer is wrong, as models are at times.
  metadata: {
    simulation: {
      rules: [
        { when: { step: 1 }, reply: { text: JSON.stringify({ ...answer, total: '420.00 EUR' }) } },
        { when: {}, reply: { text: JSON.stringify(answer) } },
      ],
    },
  },
});
await client.agents.deploy(agent.id);

const task = await client.tasks.createAndWait({
  agentId: agent.id,
  input: { payload: { message: 'Read this invoice.', letter } },
  schema: invoice,
});
assert(client.tasks.isCompleted(task), task.error?.message);

// `task.result` has the type of the schema: the compiler knows that `total` is a number.
const { number, total, currency } = task.result;
console.log(task.result);
console.log(`\nInvoice ${number}: ${total.toFixed(2)} ${currency}`);

const { steps } = await client.tasks.getTrace(task.id);
if (steps.length > 1)
  console.log('\nThe first answer did not fit the schema; the model was told why, and asked again.');
if (task.simulated) console.log('No model was called: the provider is "simulated", its two answers stand in main.ts.');

assert.equal(total, 420);
