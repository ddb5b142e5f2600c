import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentConfig } from '@runctl/agents';
import { Runctl } from '@runctl/sdk';
import type { Task } from '@runctl/tasks';
import { type ListeningRuntime, startRuntime } from '../runtime.ts';

/** A runtime that listens, and a client of it. */
export interface StreamingRuntime {
  runtime: ListeningRuntime;
  apiKey: string;
  client: Runctl;
  /** A scripted agent in service: it answers after so long, with two tool calls before the answer. */
  agent(delayMs: number): Promise<Agent>;
  agentOf(config: Partial<AgentConfig>): Promise<Agent>;
  task(agent: Agent): Promise<Task>;
  stop(): Promise<void>;
}

/** Starts a runtime on a folder of its own. */
export async function startStreamingRuntime(env: Record<string, string> = {}): Promise<StreamingRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-events-'));
  const options = { folder, host: '127.0.0.1', port: 0, env, egressAllow: ['127.0.0.1'] };
  const runtime = await startRuntime(options);
  const apiKey = runtime.newApiKey ?? '';
  const client = new Runctl({ apiKey, baseUrl: runtime.url });
  const agentOf = async (config: Partial<AgentConfig>): Promise<Agent> => {
    const base = { name: 'Streamed', type: 'reactive', modelProvider: 'simulated', model: 'echo' } as const;
    const agent = await client.agents.create({ ...base, systemPrompt: 'Help.', ...config });
    await client.agents.deploy(agent.id, { replicas: 16 });
    return agent;
  };
  return {
    runtime,
    apiKey,
    client,
    agentOf,
    agent: (delayMs) =>
      agentOf({ model: 'scripted', tools: ['calculator'], metadata: { simulation: script(delayMs) } }),
    task: (agent) => client.tasks.create({ agentId: agent.id, input: { payload: { message: 'hello' } } }),
    stop: async () => {
      await runtime.stop(1_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function script(delayMs: number) {
  const sum = (b: number) => ({ name: 'calculator', arguments: { expression: `1 + ${b}` } });
  return {
    rules: [
      { when: { step: 1 }, reply: { toolCalls: [sum(1)], delayMs } },
      { when: { step: 3 }, reply: { toolCalls: [sum(2)], delayMs } },
      { when: { step: 5 }, reply: { text: 'done', delayMs } },
    ],
  };
}

/** A wire between a client and a server, which cuts its first connections in the middle of what they carry. */
export interface Wire {
  url: string;
  /** Connections so far. */
  readonly connections: number;
  close(): void;
}

/** Puts a wire before a server: each of the first `cuts` connections ends after so many bytes of its answer. */
export async function startWire(target: string, { cuts, bytes }: { cuts: number; bytes: number }): Promise<Wire> {
  const { port, hostname } = new URL(target);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    let left = connections <= cuts ? bytes : Number.POSITIVE_INFINITY;
    const upstream = connect(Number(port), hostname);
    upstream.on('data', (chunk) => {
      socket.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) socket.destroySoon();
    });
    socket.pipe(upstream);
    for (const one of [socket, upstream]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    get connections() {
      return connections;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
