import OpenAI from 'openai';
import { itemsOnPage, longText } from '../workloads.mjs';

export async function open(url) {
  const client = new OpenAI({ apiKey: 'key', baseURL: `${url}/v1` });
  const question = { model: 'm', messages: [{ role: 'user', content: longText }] };
  return {
    get: () => client.models.retrieve('m'),
    post: () => client.chat.completions.create(question),
    pages: async () => {
      let count = 0;
      for await (const file of client.files.list({ limit: itemsOnPage })) count += file.id.length > 0 ? 1 : 0;
      return count;
    },
    stream: async () => {
      let count = 0;
      const streaming = { query: { stream: 1 } };
      for await (const event of await client.chat.completions.create({ ...question, stream: true }, streaming)) {
        count += event.index === 0 ? 1 : 0;
      }
      return count;
    },
  };
}
