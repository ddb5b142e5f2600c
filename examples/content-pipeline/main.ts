// A workflow: research and keywords at once, a draft from both, a lawyer only where it is needed, and a person's yes.
import assert from 'node:assert/strict';
import { Runctl } from '@runctl/sdk';

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL

const [researcher, writer, lawyer] = await Promise.all([hire('Researcher'), hire('Writer'), hire('Lawyer')]);

const definition = await client.workflowDefinitions.create({
  name: 'Content Pipeline',
  pattern: 'dag',
  steps: [
    // These two depend on nothing, so they run at once.
    {
      stepId: 'research',
      name: 'Research the topic',
      agentId: researcher.id,
      input: { message: 'What is known about {{input.topic}}?' },
      retry: { maxAttempts: 3 },
    },
    {
      stepId: 'keywords',
      name: 'Find keywords',
      agentId: researcher.id,
      input: { message: 'Keywords for {{input.topic}}' },
    },
    {
      stepId: 'write',
      name: 'Write a draft',
      agentId: writer.id,
      dependsOn: ['research', 'keywords'],
      input: { message: 'Write about {{input.topic}}', notes: '{{steps.research.output}}' },
    },
    {
      stepId: 'legal',
      name: 'Look at it as a lawyer',
      agentId: lawyer.id,
      dependsOn: ['write'],
      when: 'input.regulated == true',
      input: { message: 'May we say this?', draft: '{{steps.write.output}}' },
    },
    {
      stepId: 'approve',
      name: 'Ask the editor',
      type: 'approval',
      dependsOn: ['write', 'legal'],
      prompt: 'Publish "{{input.topic}}"?',
    },
    {
      stepId: 'publish',
      name: 'Publish',
      type: 'transform',
      dependsOn: ['write', 'approve'],
      output: { title: '{{input.topic}}', text: '{{steps.write.output}}' },
    },
  ],
});

for (const input of [
  { topic: 'Bread baking', regulated: false },
  { topic: 'AI in Healthcare', regulated: true },
]) {
  console.log(`"${input.topic}"${input.regulated ? ', which is regulated' : ''}`);
  const workflow = await client.workflows.executeAndWait(
    { workflowDefinitionId: definition.id, input },
    {
      onUpdate: async ({ id, status, currentStepIds }) => {
        // Here a person would look at it; the workflow may wait for days, and over restarts.
        if (status !== 'waiting' || !currentStepIds.includes('approve')) return;
        await client.workflows.approveStep(id, 'approve', { comment: 'Good' });
      },
    },
  );
  const steps = await client.workflows.getSteps(workflow.id);
  for (const step of steps) console.log(`  ${step.stepId.padEnd(9)} ${step.type.padEnd(10)} ${step.status}`);
  const metrics = await client.workflows.getMetrics(workflow.id);
  console.log(`  critical path: ${metrics.criticalPath.join(' -> ')}, ${metrics.durationSeconds} s\n`);

  assert(client.workflows.isCompleted(workflow), workflow.error?.message);
  assert.equal(steps.find((step) => step.stepId === 'legal')?.status, input.regulated ? 'completed' : 'skipped');
}
console.log('No model was called: the provider is "simulated". The graph, the condition and the approval are real.');

async function hire(name: string) {
  const agent = await client.agents.create({
    name,
    type: 'reactive',
    modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
    model: 'auto', // 'gpt-4o-mini'
    systemPrompt: `You are the ${name.toLowerCase()} of a small magazine.`,
  });
  await client.agents.deploy(agent.id, { replicas: 2 });
  return agent;
}
