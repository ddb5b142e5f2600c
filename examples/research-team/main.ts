// Two ways to work together: member after member, and under a lead who delegates. Each turn is a task of its own.
import assert from 'node:assert/strict';
import { type Agent, type JsonObject, Runctl } from '@runctl/sdk';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

const researcher = await hire('Researcher', 'Find three facts.', [
  { when: {}, reply: { text: 'Bees dance to show where food is; the angle is the direction, the time the distance.' } },
]);
const writer = await hire('Writer', 'Write a sentence that a child understands.', [
  { when: { text: 'Bees dance' }, reply: { text: 'Bees tell their sisters where the flowers are, by a dance.' } },
]);
const lead = await hire('Lead', 'Have it researched, then written. Answer with the sentence.', [
  {
    when: { tool: 'delegate_to_writer' },
    reply: { text: 'Bees tell their sisters where the flowers are, by a dance.' },
  },
  {
    when: { tool: 'delegate_to_researcher' },
    reply: delegation('writer', 'Bees dance to show where food is. One line!'),
  },
  { when: {}, reply: delegation('researcher', 'How do bees tell each other where food is?') },
]);

const inSequence = await client.teams.create({
  name: 'Writers in sequence',
  strategy: 'sequential',
  members: [
    { agentId: researcher.id, role: 'researcher' },
    { agentId: writer.id, role: 'writer' },
  ],
});
const underLead = await client.teams.create({
  name: 'Writers under a lead',
  strategy: 'supervisor',
  members: [
    { agentId: lead.id, role: 'lead' },
    { agentId: researcher.id, role: 'researcher', description: 'finds facts' },
    { agentId: writer.id, role: 'writer', description: 'makes them readable' },
  ],
});

for (const team of [inSequence, underLead]) {
  await client.teams.deploy(team.id);
  const task = await client.tasks.createAndWait(
    { teamId: team.id, input: { payload: { message: 'How do bees tell each other where food is?' } } },
    { throwOnFailure: true },
  );
  console.log(`${team.name}: ${task.result}`);

  // The root task's trace says who was asked; each of them has a task, and so a trace, of its own.
  const { steps } = await client.tasks.getTrace(task.id);
  for (const { step, kind, name, childTaskId } of steps) {
    console.log(`  step ${step}  ${kind.padEnd(10)}  ${name.padEnd(23)} ${childTaskId ?? ''}`.trimEnd());
  }
  const { data: children } = await client.tasks.list({ parentTaskId: task.id });
  const { members } = await client.teams.getMetrics(team.id);
  console.log(`  ${members.map(({ role, tasks }) => `${role}: ${tasks}`).join(', ')} tasks so far\n`);

  assert.equal(children.length, 2);
  assert(children.every((child) => child.status === 'completed'));
}
console.log(
  'No model was called: the provider is "simulated", its answers stand in main.ts. The child tasks are real.',
);

/** An agent whose simulated model follows rules; a real one does not see them. */
function hire(name: string, systemPrompt: string, rules: JsonObject[]): Promise<Agent> {
  return client.agents.create({
    name,
    type: 'reactive',
    modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
    model: 'scripted', // 'gpt-4o-mini'
    systemPrompt,
    metadata: { simulation: { rules } },
  });
}

function delegation(role: string, instruction: string): JsonObject {
  return { toolCalls: [{ name: `delegate_to_${role}`, arguments: { instruction } }] };
}
