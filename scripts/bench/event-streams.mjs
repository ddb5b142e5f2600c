// Many readers of one task: how late each event reaches them, and whether every event reaches every one of them once,
// also where all connections are lost in the middle.
import { connect, createServer } from 'node:net';
import { Runctl } from '../../packages/sdk/dist/index.js';
import { against, percentile, round } from './measure.mjs';
import { startRuntimeProcess } from './runtime-process.mjs';

/** @param {{ readers?: number, turns?: number }} options `turns`: model calls of the task, each with a tool call */
export async function benchEventStreams({ readers = 500, turns = 20 } = {}) {
  const runtime = await startRuntimeProcess();
  const wire = await startWire(runtime.url);
  try {
    const client = new Runctl({ apiKey: runtime.apiKey, baseUrl: runtime.url });
    const wired = new Runctl({ apiKey: runtime.apiKey, baseUrl: wire.url });
    const agent = await deployTalker(client, turns);
    const emptyMegabytes = runtime.residentMegabytes();
    const calm = await readTogether(client, client, agent, readers);
    const fullMegabytes = runtime.residentMegabytes();
    const cut = await readTogether(client, wired, agent, readers, () => wire.cut());
    return {
      'events of the task that are kept': calm.expected,
      'events received, of all that had to be': `${calm.received}/${calm.expected * readers}`,
      'lag p50, ms': percentile(calm.lags, 50),
      'lag p99, ms': percentile(calm.lags, 99),
      'lag, longest, ms': percentile(calm.lags, 100),
      'runtime resident before, MB': emptyMegabytes,
      [`runtime resident with ${readers} readers, MB`]: fullMegabytes,
      'with every connection cut in the middle: lost': against(cut.lost, '0'),
      'with every connection cut in the middle: doubled': against(cut.doubled, '0'),
      'with every connection cut in the middle: connections': wire.connections,
    };
  } finally {
    wire.close();
    await runtime.stop();
  }
}

async function deployTalker(client, turns) {
  const turn = (number) => ({
    when: { step: 2 * number - 1 },
    reply: {
      delayMs: number === 1 ? 3_000 : 100,
      ...(number === turns
        ? { text: 'Done.' }
        : { toolCalls: [{ name: 'calculator', arguments: { expression: `${number} + 1` } }] }),
    },
  });
  const agent = await client.agents.create({
    name: 'Talker',
    type: 'reactive',
    modelProvider: 'simulated',
    model: 'scripted',
    systemPrompt: 'Add.',
    tools: ['calculator'],
    limits: { maxSteps: 2 * turns },
    metadata: { simulation: { rules: Array.from({ length: turns }, (_, index) => turn(index + 1)) } },
  });
  await client.agents.deploy(agent.id);
  return agent;
}

async function readTogether(client, reader, agent, readers, disturb) {
  const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} } });
  const lags = [];
  const read = async () => {
    const ids = [];
    for await (const event of reader.tasks.events.stream(task.id, {}, { retries: 50 })) {
      // Text and beginnings pass by; only what is kept can be lost.
      if (event.type === 'output.delta' || event.type === 'step.started') continue;
      ids.push(event.id);
      if (ids.length > 2) lags.push(Math.max(0, Date.now() - Date.parse(event.createdAt)));
    }
    return ids;
  };
  const timer = disturb === undefined ? undefined : setTimeout(disturb, 4_000);
  const stories = await Promise.all(Array.from({ length: readers }, read));
  clearTimeout(timer);
  const whole = await client.tasks.events.iter(task.id).toArray({ limit: 1_000 });
  const received = stories.reduce((sum, ids) => sum + ids.length, 0);
  const distinct = stories.reduce((sum, ids) => sum + new Set(ids).size, 0);
  return {
    expected: whole.length,
    received,
    lags: lags.map(round),
    lost: whole.length * readers - distinct,
    doubled: received - distinct,
  };
}

/** A wire to the runtime whose connections can all be cut at once. */
async function startWire(target) {
  const { port, hostname } = new URL(target);
  const sockets = new Set();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    const upstream = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    get connections() {
      return connections;
    },
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}
