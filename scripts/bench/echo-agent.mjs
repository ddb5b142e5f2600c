/** Makes an agent that answers with what it is asked, and puts it into service. */
export async function deployEcho(client, replicas) {
  const agent = await client.agents.create({
    name: 'Echo',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: 'Echo.',
  });
  await client.agents.deploy(agent.id, { replicas });
  return agent;
}
