import { Runctl } from '@runctl/sdk';
import type { TaskEvent } from '@runctl/tasks';
import { findPostgres, type PostgresServer, startChatCompletionsServer, startPostgres } from '@runctl/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningRuntime, startRuntime, startWorker, type Worker } from '../runtime.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('a stream from a process that runs no tasks', () => {
  let postgres: PostgresServer;
  let runtime: ListeningRuntime;
  let worker: Worker;
  let client: Runctl;

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    const options = { databaseUrl: postgres.createDatabase(), egressAllow: ['127.0.0.1'] };
    runtime = await startRuntime({ ...options, host: '127.0.0.1', port: 0, slots: 0 });
    worker = await startWorker(options);
    client = new Runctl({ apiKey: runtime.newApiKey ?? '', baseUrl: runtime.url });
  });

  afterAll(async () => {
    await worker.stop(0);
    await runtime.stop(0);
    await postgres.stop();
  });

  it('tells what a worker elsewhere does, and the text as its model writes it', async () => {
    const pieces = ['"Same" ', 'Same ', 'Same ', 'Fünf \u{1f600} ', 'x'.repeat(5_000)];
    const server = await startChatCompletionsServer({ script: () => ({ text: pieces, delayMs: 300 }) });
    const agent = await client.agents.create({
      name: 'Remote',
      type: 'reactive',
      modelProvider: 'openai-compatible',
      model: 'any',
      modelConfig: { baseUrl: server.baseUrl },
      systemPrompt: '',
    });
    await client.agents.deploy(agent.id);
    const task = await client.tasks.create({ agentId: agent.id, input: { payload: {} } });
    const events: TaskEvent[] = [];
    for await (const event of client.tasks.events.stream(task.id)) events.push(event);
    await server.close();
    const text = events.map((event) => (event.type === 'output.delta' ? event.data.text : '')).join('');
    expect(text).toBe(pieces.join(''));
    const kept = events.filter(({ type }) => type !== 'output.delta' && type !== 'step.started');
    expect(kept.map(({ type }) => type)).toEqual(['task.status', 'task.status', 'step.completed', 'task.status']);
    const order = events.map(({ type }) => type);
    expect(order.lastIndexOf('output.delta')).toBeLessThan(order.indexOf('step.completed'));
  });
});
