import { Runctl } from '../../../packages/sdk/dist/node/index.js';
import { itemsOnPage, longText } from '../workloads.mjs';

export async function open(url) {
  const client = new Runctl({ apiKey: 'key', baseUrl: url });
  const input = {
    name: 'a',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'echo',
    systemPrompt: longText,
  };
  return {
    get: () => client.agents.getById('agt_1'),
    post: () => client.agents.create(input),
    pages: async () => {
      let count = 0;
      for await (const agent of client.agents.iter({ limit: itemsOnPage })) count += agent.id.length > 0 ? 1 : 0;
      return count;
    },
    stream: async () => {
      let count = 0;
      for await (const event of client.tasks.events.stream('tsk_1')) count += event.index === 0 ? 1 : 0;
      return count;
    },
  };
}
