/// <reference types="node" />
import { createClient, RunctlConfigError, RunctlFailedError } from '@runctl/core';
import { type Answer, startRecordingServer } from '@runctl/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type WorkflowState, workflowDefinitions, workflows } from './index.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(answer: Answer) {
  const server = await startRecordingServer(answer);
  closing.push(server.close);
  const resources = { workflows, workflowDefinitions };
  const client = createClient({ apiKey: 'rctl_test', baseUrl: server.url, retries: 0, resources });
  return { client, requests: server.requests };
}

const state = (status: WorkflowState['status'], version: number) => ({ id: 'wfl_1', status, version, output: null });
const run = { workflowDefinitionId: 'wfd_1', input: { topic: 'AI' } };

describe('waiting for a workflow', () => {
  test('starts where the answer to the POST left off, and sees each change once', async () => {
    const { client, requests } = await serve((_request, index) =>
      state(index < 2 ? 'running' : 'completed', index + 1),
    );
    const seen: string[] = [];
    const workflow = await client.workflows.executeAndWait(run, {
      idempotencyKey: 'once',
      onUpdate: ({ status }) => void seen.push(status),
    });
    expect(workflow.status).toBe('completed');
    expect(seen).toEqual(['running', 'completed']);
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET']);
    expect(requests[0]?.headers['idempotency-key']).toBe('once');
    expect(requests[1]?.query).toMatchObject({ version: '1' });
  });

  test('by polling never holds a request, whether an interval is given or not', async () => {
    const { client, requests } = await serve((_request, index) =>
      state(index % 2 === 0 ? 'running' : 'completed', index),
    );
    await client.workflows.pollUntilComplete('wfl_1');
    await client.workflows.pollUntilComplete('wfl_1', { intervalMs: 100, backoffFactor: 1 });
    expect(requests.map(({ query }) => query)).toEqual([{}, {}, {}, {}]);
  });

  test('gives a failed workflow as the result, or throws it where that is asked for', async () => {
    const { client } = await serve(() => state('failed', 1));
    const workflow = await client.workflows.waitForCompletion('wfl_1');
    expect(client.workflows.isFailed(workflow)).toBe(true);
    expect(client.workflows.isCompleted(workflow)).toBe(false);
    const waiting = client.workflows.waitForCompletion('wfl_1', { throwOnFailure: true });
    await expect(waiting).rejects.toThrow(RunctlFailedError);
  });
});

describe('the input schema of a definition', () => {
  test('travels as JSON Schema, with create, update and validate', async () => {
    const { client, requests } = await serve(() => ({ id: 'wfd_1', valid: true }));
    const inputSchema = z.object({ topic: z.string() });
    const definition = { name: 'D', pattern: 'dag', steps: [], inputSchema } as const;
    await client.workflowDefinitions.create({ ...definition, steps: [] });
    await client.workflowDefinitions.update('wfd_1', { inputSchema });
    await client.workflowDefinitions.validate({ ...definition, steps: [] });
    for (const { body } of requests) {
      expect(body).toMatchObject({ inputSchema: { type: 'object', properties: { topic: { type: 'string' } } } });
    }
  });

  test('is refused before anything is sent where it cannot write itself', async () => {
    const { client, requests } = await serve(() => ({}));
    const foreign = {
      '~standard': { version: 1, vendor: 'other', validate: (value: unknown) => ({ value }) },
    } as const;
    const updating = client.workflowDefinitions.update('wfd_1', { inputSchema: foreign });
    await expect(updating).rejects.toThrow(RunctlConfigError);
    expect(requests).toEqual([]);
  });
});

test('an input that JSON cannot carry is refused with its path', async () => {
  const { client, requests } = await serve(() => state('queued', 1));
  const executing = client.workflows.execute({ ...run, input: { at: new Map() } });
  await expect(executing).rejects.toMatchObject({ name: 'RunctlValidationError', details: [{ path: '/input/at' }] });
  expect(requests).toEqual([]);
});
