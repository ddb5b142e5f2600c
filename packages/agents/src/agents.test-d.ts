import { expectTypeOf } from 'vitest';
import type { Agent, Agents, AgentTool, ModelProvider } from './index.ts';

const tool = { name: 't', description: 'd', inputSchema: {}, enabled: true };
const config = { name: 'A', type: 'reactive', modelProvider: 'openai', model: 'm', systemPrompt: 's' } as const;

/** What the compiler promises of agents. Nothing here runs. */
export async function typesOfAgents(agents: Agents, agent: Agent): Promise<void> {
  // Catalogues are open, statuses are not.
  expectTypeOf<'a-provider-of-tomorrow'>().toExtend<ModelProvider>();
  expectTypeOf<string>().not.toExtend<Agent['status']>();
  expectTypeOf(agent.limits.maxSteps).toEqualTypeOf<number>();
  expectTypeOf(agent.description).toEqualTypeOf<string | null>();

  // A custom tool has exactly one target.
  const one: AgentTool = { ...tool, invokeUrl: 'https://example.com' };
  // @ts-expect-error no target
  const none: AgentTool = { ...tool };
  // @ts-expect-error two targets
  const two: AgentTool = { ...tool, invokeUrl: 'https://example.com', inlineScript: 'x' };

  await agents.create({ ...config, tools: ['calculator', 'a_tool_of_tomorrow', one] });
  await agents.update(agent.id, { limits: { maxSteps: 5 } });
  // @ts-expect-error a status that is none
  await agents.list({ status: 'sleeping' });
  // @ts-expect-error how many?
  await agents.scale(agent.id, {});
  // @ts-expect-error a member that is none
  await agents.create({ ...config, modle: 'x' });
  for await (const event of agents.events.iter(agent.id)) {
    if (event.type === 'agent.status') expectTypeOf(event.data).toEqualTypeOf<Agent>();
  }
  expectTypeOf([none, two]).not.toBeAny();
}
