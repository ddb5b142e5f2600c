import Anthropic from '@anthropic-ai/sdk';
import { itemsOnPage, longText } from '../workloads.mjs';

export async function open(url) {
  const client = new Anthropic({ apiKey: 'key', baseURL: url });
  const question = { model: 'm', max_tokens: 1_000, messages: [{ role: 'user', content: longText }] };
  return {
    get: () => client.models.retrieve('m'),
    post: () => client.messages.create(question),
    pages: async () => {
      let count = 0;
      for await (const model of client.models.list({ limit: itemsOnPage })) count += model.id.length > 0 ? 1 : 0;
      return count;
    },
    stream: async () => {
      let count = 0;
      const streaming = { query: { stream: 1 } };
      for await (const event of await client.messages.create({ ...question, stream: true }, streaming)) {
        count += event.index === 0 ? 1 : 0;
      }
      return count;
    },
  };
}
