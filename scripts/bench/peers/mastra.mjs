import { MastraClient } from '@mastra/client-js';
import { longText } from '../workloads.mjs';

export async function open(url) {
  const client = new MastraClient({ baseUrl: url });
  const agent = client.getAgent('agt_1');
  const message = { id: 'm', role: 'user', content: longText, createdAt: new Date(), threadId: 't', type: 'text' };
  return {
    get: () => agent.details(),
    post: () => client.saveMessageToMemory({ messages: [message], agentId: 'agt_1' }),
    stream: async () => {
      let count = 0;
      const response = await agent.stream('hello');
      await response.processDataStream({
        onChunk: async (event) => {
          count += event.index === 0 ? 1 : 0;
        },
      });
      return count;
    },
  };
}
