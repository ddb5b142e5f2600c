// A server for the benchmarks of clients, in a process of its own: it tells its parent the port. Whatever the path, a GET
// gets an entity of 1 kB, a list of items where it names a `limit`, or events where it is about a stream.
import { createServer } from 'node:http';
import { eventBytes, eventsInAll, itemsInAll } from './workloads.mjs';

const entity = JSON.stringify({ id: 'agt_1', object: 'agent', name: 'a', data: 'x'.repeat(955) });

/** All events of a stream, in pieces as a busy server writes them. */
function allEvents(headOf) {
  const events = Array.from({ length: eventsInAll }, (_, index) => {
    const head = `${headOf(index)}data: `;
    const data = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } };
    data.delta.text = 'x'.repeat(eventBytes - head.length - JSON.stringify(data).length - 2);
    return `${head}${JSON.stringify(data)}\n\n`;
  });
  const bytes = Buffer.from(`${events.join('')}event: end\ndata: {}\n\n`);
  const length = 16 * 1_024;
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
    bytes.subarray(index * length, (index + 1) * length),
  );
}

const events = allEvents((index) => `id: evt_${String(index).padStart(26, '0')}\nevent: content_block_delta\n`);
/** For a client that takes an event of more than its data for none. */
const bareEvents = allEvents(() => '');

const server = createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const limit = Number(searchParams.get('limit'));
  request.resume().once('end', () => {
    if (request.url.includes('stream')) sendEvents(response, request.url.startsWith('/api/') ? bareEvents : events);
    else sendJson(response, limit > 0 ? page(limit, searchParams) : entity);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.once('disconnect', () => process.exit());

function sendJson(response, text) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Named as each client wants its pages: the next one begins after the cursor, which is the last item's id. */
function page(limit, query) {
  const after = query.get('cursor') ?? query.get('after_id') ?? query.get('after') ?? 'item_0';
  const first = Number(after.slice('item_'.length)) + 1;
  const data = Array.from({ length: Math.min(limit, itemsInAll - first + 1) }, (_, index) => ({
    id: `item_${first + index}`,
    name: 'An item of a list',
    status: 'active',
    createdAt: '2026-11-20T08:30:00.000Z',
    labels: { team: 'research' },
  }));
  const last = data.at(-1)?.id ?? null;
  const more = first + limit <= itemsInAll;
  const pagination = { page: null, limit, total: null, totalPages: null, hasMore: more };
  return JSON.stringify({
    data,
    pagination,
    nextCursor: more ? last : null,
    has_more: more,
    last_id: last,
    first_id: after,
  });
}

async function sendEvents(response, chunks) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunks) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
}
