import { Runctl } from '@runctl/sdk';
import { findPostgres, type PostgresServer, startPostgres } from '@runctl/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ListeningRuntime, startRuntime, startWorker, type Worker } from './runtime.ts';

const bin = findPostgres();

describe.skipIf(bin === undefined)('workflows on one Postgres that three processes share', () => {
  let postgres: PostgresServer;
  let runtime: ListeningRuntime;
  let workers: Worker[];
  let client: Runctl;
  const errors: unknown[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '');
    const options = { databaseUrl: postgres.createDatabase(), onError: (error: unknown) => errors.push(error) };
    runtime = await startRuntime({ ...options, host: '127.0.0.1', port: 0, slots: 0 });
    workers = [await startWorker(options), await startWorker(options)];
    client = new Runctl({ apiKey: runtime.newApiKey ?? '', baseUrl: runtime.url });
  });

  afterAll(async () => {
    for (const worker of workers) await worker.stop(0);
    await runtime.stop(0);
    await postgres.stop();
  });

  test('each step is done once, whoever moves the workflow on', async () => {
    const agent = await client.agents.create({
      name: 'Echo',
      type: 'reactive',
      modelProvider: 'simulated',
      model: 'echo',
      systemPrompt: '',
    });
    await client.agents.deploy(agent.id, { replicas: 16 });
    const definition = await client.workflowDefinitions.create({
      name: 'Both',
      pattern: 'sequential',
      steps: [
        { stepId: 'first', name: 'First', agentId: agent.id, input: '{{input.items}}' },
        {
          stepId: 'each',
          name: 'Each',
          type: 'map',
          over: 'input.items',
          steps: [{ stepId: 'say', name: 'Say', agentId: agent.id, input: 'item {{item}}' }],
        },
        { stepId: 'ok', name: 'OK', type: 'approval', prompt: 'Go on?', timeoutSeconds: 0.2, onError: 'continue' },
        { stepId: 'last', name: 'Last', type: 'transform', output: '{{steps.each.output}}' },
      ],
    });
    const items = Array.from({ length: 50 }, (_, index) => index);
    const run = () =>
      client.workflows.executeAndWait(
        { workflowDefinitionId: definition.id, input: { items } },
        { timeoutMs: 120_000 },
      );
    const finished = await Promise.all(Array.from({ length: 8 }, run));
    for (const { id, output } of finished) {
      expect(output).toEqual(items.map((item) => `item ${item}`));
      expect((await client.tasks.list({ workflowId: id, page: 1 })).pagination.total).toBe(51);
    }
    const slow = await client.workflows.execute({ workflowDefinitionId: definition.id, input: { items } });
    expect(await client.workflows.cancel(slow.id)).toMatchObject({ status: 'cancelled' });
    expect(errors).toEqual([]);
  });
});
