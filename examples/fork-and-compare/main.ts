// What if the prompt had been another one? A task, its fork from step 2, and where the two part.
import assert from 'node:assert/strict';
import { Runctl } from '@runctl/sdk';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

const agent = await client.agents.create({
  name: 'Code Reviewer',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'auto', // 'gpt-4o-mini'
  systemPrompt: 'You are an expert code reviewer.',
  tools: ['code_analysis'],
});
await client.agents.deploy(agent.id);

const code = 'export const sum = (list) => list.reduce((a, b) => a + b, 0);';
const task = await client.tasks.createAndWait(
  { agentId: agent.id, input: { payload: { message: 'Review this code.', code } } },
  { throwOnFailure: true },
);
console.log(`The task says:\n${indented(task.result)}`);

// Step 1, the model's choice of the tool, is kept; from step 2 on everything is decided anew, with another prompt.
const fork = await client.tasks.fork(task.id, 2, { prompt: 'In one line: is this safe to ship?' });
const forked = await client.tasks.waitForCompletion(fork.id, { throwOnFailure: true });
console.log(`The fork says:\n${indented(forked.result)}`);

const { steps } = await client.tasks.getTrace(fork.id);
for (const step of steps) {
  const how = step.inherited ? 'inherited' : step.tool?.replayed ? 'recorded answer, nothing ran' : 'executed';
  console.log(`  step ${step.step}  ${step.kind.padEnd(5)}  ${step.name.padEnd(13)}  ${how}`);
}

const comparison = await client.tasks.compare(task.id, fork.id);
const first = comparison.firstDivergence;
assert(first !== null, 'Another prompt is a difference.');
console.log(`\nThey part at step ${first.baseStep}: ${first.kind} ${first.pointer}`);
console.log(`  task: ${first.base}\n  fork: ${first.other}`);
console.log(`  fork minus task: ${comparison.deltas.tokens} tokens, ${comparison.deltas.durationMs} ms`);

if (task.simulated)
  console.log('\nNo model was called: the provider is "simulated". The fork and the comparison are real.');

assert.deepEqual([first.kind, first.baseStep], ['input', 2]);
assert.equal(steps[0]?.inherited, true);
assert.equal(steps[1]?.tool?.replayed, true);

function indented(value: unknown): string {
  return String(value).replaceAll(/^/gm, '  ');
}
