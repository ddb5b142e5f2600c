// The Quick Start: an agent with two tools looks at a line of code, and its trace shows what it did.
import assert from 'node:assert/strict';
import { Runctl } from '@runctl/sdk';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

const agent = await client.agents.create({
  name: 'Code Reviewer',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'auto', // 'gpt-4o-mini'
  systemPrompt: 'You are an expert code reviewer.',
  tools: ['code_analysis', 'security_scan'],
});
await client.agents.deploy(agent.id, { replicas: 1 });

const task = await client.tasks.create({
  agentId: agent.id,
  input: { version: '1.0', payload: { message: 'Analyze this code', code: 'eval(input)' } },
});
const completed = await client.tasks.waitForCompletion(task.id, { throwOnFailure: true });
console.log(`${completed.result}\n`);

const trace = await client.tasks.getTrace(task.id);
for (const step of trace.steps) console.log(`step ${step.step}  ${step.kind}  ${step.name}  ${step.durationMs} ms`);

if (completed.simulated)
  console.log('\nNo model was called: the provider is "simulated". The tools and the trace are real.');

assert(
  trace.steps.some((step) => step.name === 'security_scan'),
  'The agent was to use its tools.',
);
