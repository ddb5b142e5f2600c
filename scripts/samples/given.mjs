// What samples take for granted: each asks for it by name, and gets things of its own that nobody else changes.
import { Runctl } from '@runctl/sdk';

const client = Runctl.fromEnv();

/** @type {Record<string, (one: Record<string, Promise<any>>) => Promise<any>>} how each is made, from the others */
const makers = {
  client: async () => client,
  agent: () => deployedAgent('Given'),
  agentId: async ({ agent }) => (await agent).id,
  instanceId: async ({ agentId }) => (await client.agents.listInstances(await agentId)).data[0].id,
  researcherId: async () => (await deployedAgent('Researcher')).id,
  analyzerId: async () => (await deployedAgent('Analyzer')).id,
  writerId: async () => (await deployedAgent('Writer')).id,
  reviewerId: async () => (await deployedAgent('Reviewer')).id,
  editorId: async () => (await deployedAgent('Editor')).id,
  task: ({ agentId }) => finishedTask(agentId),
  taskId: async ({ task }) => (await task).id,
  teamId: (one) => newTeam(one),
  workflowDefinitionId: (one) => newDefinition(one, []),
  workflowId: (one) => startedWorkflow(one),
  tenantId: async () => (await client.tenants.whoami()).tenantId,
  userId: ({ tenantId }) => newMember(tenantId),
  givenInviteCode: async ({ tenantId }) =>
    (await client.tenants.createInviteCode(await tenantId, { role: 'member' })).inviteCode,
};

/**
 * @param {string[]} names
 * @returns {Promise<Record<string, any>>}
 */
export async function give(names) {
  const made = {};
  const one = new Proxy(made, {
    get: (_target, name) => {
      made[name] ??= makers[name](one);
      return made[name];
    },
  });
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await one[name]])));
}

async function deployedAgent(name) {
  const settings = { type: 'reactive', modelProvider: 'simulated', model: 'echo', systemPrompt: 'You answer.' };
  const { id } = await client.agents.create({ name, ...settings });
  await client.agents.deploy(id, { replicas: 1 });
  return await client.agents.getById(id);
}

async function finishedTask(agentId) {
  const input = { version: '1.0', payload: { query: 'ready?' } };
  return await client.tasks.createAndWait({ agentId: await agentId, input }, { throwOnFailure: true });
}

async function newTeam({ researcherId, writerId }) {
  const members = [
    { agentId: await researcherId, role: 'researcher' },
    { agentId: await writerId, role: 'writer' },
  ];
  return (await client.teams.create({ name: 'Given', members })).id;
}

async function newDefinition({ researcherId, writerId }, more) {
  const steps = [
    { stepId: 'research', name: 'Research', agentId: await researcherId },
    { stepId: 'write', name: 'Write', agentId: await writerId },
    ...more,
  ];
  return (await client.workflowDefinitions.create({ name: 'Given', pattern: 'sequential', steps })).id;
}

/** It runs for a second, so that there is something to wait for and to cancel. */
async function startedWorkflow(one) {
  const pause = { stepId: 'pause', name: 'Pause', type: 'wait', seconds: 1 };
  const workflowDefinitionId = await newDefinition(one, [pause]);
  return (await client.workflows.execute({ workflowDefinitionId, input: { topic: 'AI in Healthcare' } })).id;
}

async function newMember(tenantId) {
  const { inviteCode } = await client.tenants.createInviteCode(await tenantId, { role: 'member' });
  const email = `${crypto.randomUUID()}@example.com`;
  return (await client.tenants.redeemInviteCode(inviteCode, { email })).member.userId;
}
