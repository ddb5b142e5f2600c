import { Client } from '@langchain/langgraph-sdk';
import { longText } from '../workloads.mjs';

export async function open(url) {
  const client = new Client({ apiUrl: url, apiKey: 'key' });
  return {
    get: () => client.assistants.get('agt_1'),
    post: () => client.assistants.create({ graphId: 'g', metadata: { systemPrompt: longText } }),
    stream: async () => {
      let count = 0;
      for await (const event of client.runs.joinStream('thread', 'run')) count += event.data.index === 0 ? 1 : 0;
      return count;
    },
  };
}
