import { itemsOnPage, longText } from '../workloads.mjs';

/** What one writes by hand: the platform's `fetch`, a loop over pages, a parser for events as simple as they are here. */
export async function open(url) {
  const headers = { accept: 'application/json', authorization: 'Bearer key' };
  const input = { name: 'a', systemPrompt: longText };
  const sending = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  return {
    get: async () => (await fetch(`${url}/v1/agents/agt_1`, { headers })).json(),
    post: async () => (await fetch(`${url}/v1/agents`, { ...sending, body: JSON.stringify(input) })).json(),
    pages: async () => {
      let count = 0;
      let cursor = 'item_0';
      while (cursor) {
        const response = await fetch(`${url}/v1/agents?limit=${itemsOnPage}&cursor=${cursor}`, { headers });
        const page = await response.json();
        for (const item of page.data) count += item.id.length > 0 ? 1 : 0;
        cursor = page.nextCursor;
      }
      return count;
    },
    stream: async () => {
      let count = 0;
      const response = await fetch(`${url}/v1/tasks/tsk_1/events/stream`, { headers });
      await parseEvents(response.body, (events) => {
        for (const event of events) count += event.index === 0 ? 1 : 0;
      });
      return count;
    },
  };
}

/** Hands the events of each chunk to a callback: `data` on one line, lines that end in a line feed. */
async function parseEvents(body, onEvents) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop();
    onEvents(blocks.map((block) => JSON.parse(block.slice(block.indexOf('\ndata: ') + '\ndata: '.length))));
  }
}
