// An agent reviews a change and comments on it by a tool of yours: the runtime signs the call, and a person approves it.
import assert from 'node:assert/strict';
import { type AgentTool, Runctl } from '@runctl/sdk';
import { startCommentServer } from './comment-server.ts';

const signingSecret = process.env.RUNCTL_SIGNING_SECRET;
assert(signingSecret, 'Set RUNCTL_SIGNING_SECRET to what `npx @runctl/runtime tenants signing-secret tnt_...` prints.');

const client = Runctl.fromEnv(); // RUNCTL_API_KEY, RUNCTL_BASE_URL
const server = await startCommentServer(signingSecret);

const code = 'export function run(input) {\n  return eval(input);\n}\n';
const comment = { pullRequest: 42, line: 2, body: 'eval runs whatever it is given. Parse the input instead.' };

const commentTool: AgentTool = {
  name: 'comment',
  description: 'Comments on a line of a pull request',
  inputSchema: {
    type: 'object',
    properties: { pullRequest: { type: 'integer' }, line: { type: 'integer' }, body: { type: 'string' } },
    required: ['pullRequest', 'line', 'body'],
  },
  enabled: true,
  requiresApproval: true,
  invokeUrl: `${server.url}/comment`,
};

const agent = await client.agents.create({
  name: 'Code Reviewer',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'scripted', // 'gpt-4o-mini'
  systemPrompt: 'Scan the code, then comment on the most serious finding.',
  tools: ['security_scan', commentTool],
  // What the simulated model does; a real one does not see it.
  metadata: {
    simulation: {
      rules: [
        { when: { tool: 'comment' }, reply: { text: 'I commented on line 2: it must not ship like this.' } },
        { when: { tool: 'security_scan' }, reply: { toolCalls: [{ name: 'comment', arguments: comment }] } },
        { when: {}, reply: { toolCalls: [{ name: 'security_scan', arguments: { code } }] } },
      ],
    },
  },
});
await client.agents.deploy(agent.id);

const { id } = await client.tasks.create({
  agentId: agent.id,
  input: { payload: { message: 'Review pull request 42.', code } },
});

const task = await client.tasks.waitForCompletion(id, {
  onUpdate: async ({ status, waitingFor }) => {
    console.log(`task ${status}`);
    if (waitingFor?.kind !== 'approval') return;
    console.log(`  it wants to call ${waitingFor.toolName} with ${JSON.stringify(waitingFor.arguments)}`);
    // Here a person would look at it. Nothing has left the runtime yet, and the task holds no slot while it waits.
    assert.equal(server.comments().length, 0);
    await client.tasks.approve(id, { comment: 'Fine by me' });
    console.log('  approved');
  },
});

console.log(`\n${task.result}`);
for (const { step, kind, name, durationMs } of (await client.tasks.getTrace(id)).steps) {
  console.log(`  step ${step}  ${kind.padEnd(8)}  ${name.padEnd(13)}  ${durationMs} ms`);
}

const forged = await fetch(commentTool.invokeUrl, { method: 'POST', body: JSON.stringify({ arguments: comment }) });
console.log(`\nA call that the runtime did not sign: ${forged.status} ${await forged.text()}`);
if (task.simulated)
  console.log('No model was called: the provider is "simulated". The signature and the approval are real.');
await server.close();

assert.equal(task.status, 'completed');
assert.equal(forged.status, 401);
assert.equal(server.comments().length, 1);
