/// <reference types="node" />
import {
  type ClientOptions,
  createClient,
  RunctlConfigError,
  RunctlFailedError,
  RunctlSchemaError,
  RunctlWaitTimeoutError,
  responseMeta,
  type WaitOptions,
} from '@runctl/core';
import { type Answer, startRecordingServer } from '@runctl/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type CreateTaskInput, type Task, type Tasks, tasks } from './index.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function serve(answer: Answer, options: Partial<ClientOptions> = {}) {
  const server = await startRecordingServer(answer);
  closing.push(server.close);
  const client = createClient({
    apiKey: 'rctl_test',
    baseUrl: server.url,
    retries: 0,
    ...options,
    resources: { tasks },
  });
  return { tasks: client.tasks, requests: server.requests };
}

const work = { agentId: 'agt_1', input: { payload: { message: 'Extract the invoice.' } } };
const invoice = z.object({ number: z.string(), total: z.string().transform(Number) });
const queued = { id: 'tsk_1', status: 'queued', version: 1, result: null };
const completed = { id: 'tsk_1', status: 'completed', version: 2, result: { number: 'A-7', total: '12.5' } };

describe('a schema', () => {
  test('travels as the JSON Schema of what the model shall answer', async () => {
    const { tasks, requests } = await serve(() => queued);
    await tasks.create({ ...work, schema: invoice });
    expect(requests[0]?.body).toMatchObject({
      outputSchema: { type: 'object', properties: { number: { type: 'string' }, total: { type: 'string' } } },
    });
    expect(requests[0]?.body).not.toHaveProperty('schema');
  });

  test('makes the result of createAndWait, transforms applied', async () => {
    const { tasks, requests } = await serve((_request, index) => (index === 0 ? queued : completed));
    const task = await tasks.createAndWait({ ...work, schema: invoice });
    if (!tasks.isCompleted(task)) throw new TypeError(task.status);
    const total: number = task.result.total;
    expect(total).toBe(12.5);
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(responseMeta(task)?.status).toBe(200);
  });

  test('makes the result of waitForCompletion', async () => {
    const { tasks } = await serve(() => completed);
    const task = await tasks.waitForCompletion('tsk_1', { schema: invoice });
    expect(task.result).toEqual({ number: 'A-7', total: 12.5 });
  });

  test('refuses a result that does not fit', async () => {
    const { tasks } = await serve(() => ({ ...completed, result: { number: 7 } }));
    const waiting = tasks.waitForCompletion('tsk_1', { schema: invoice });
    await expect(waiting).rejects.toThrow(RunctlSchemaError);
  });

  test('is not asked about a task that failed', async () => {
    const failed = { ...completed, status: 'failed', result: null, error: { code: 'output_invalid' } };
    const { tasks } = await serve(() => failed);
    const task = await tasks.waitForCompletion('tsk_1', { schema: invoice });
    expect(tasks.isFailed(task) && task.error.code).toBe('output_invalid');
  });

  test('that cannot write itself is refused before anything is sent', async () => {
    const { tasks, requests } = await serve(() => queued);
    const foreign = {
      '~standard': { version: 1, vendor: 'other', validate: (value: unknown) => ({ value }) },
    } as const;
    await expect(tasks.create({ ...work, schema: foreign })).rejects.toThrow(/\{ schema, jsonSchema \}/);
    expect(requests).toEqual([]);
  });
});

describe('createAndWait', () => {
  test('sends the idempotency key with the POST alone', async () => {
    const { tasks, requests } = await serve((_request, index) => (index === 0 ? queued : completed));
    await tasks.createAndWait(work, { idempotencyKey: 'once' });
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['once', undefined]);
  });

  test('takes one request, whose answer is held, where the task ends soon', async () => {
    const { tasks, requests } = await serve(() => completed);
    expect((await tasks.createAndWait(work)).status).toBe('completed');
    expect(requests.map(({ method, query }) => ({ method, query }))).toEqual([
      { method: 'POST', query: { wait: '5' } },
    ]);
  });

  test('may end in the error of a task that has failed in the answer to the POST', async () => {
    const { tasks } = await serve(() => ({ ...completed, status: 'failed', result: null }));
    await expect(tasks.createAndWait(work, { throwOnFailure: true })).rejects.toThrow(RunctlFailedError);
  });

  test.each<WaitOptions<Task>>([
    { onPoll: () => {} },
    { onUpdate: () => {} },
    { pollIntervalMs: 100 },
    { timeoutMs: 1_500 },
  ])('has no answer held that would keep it from what %j asks for', async (options) => {
    const { tasks, requests } = await serve((_request, index) => (index === 0 ? queued : completed));
    await tasks.createAndWait(work, options);
    expect(requests[0]?.query).toEqual({});
  });

  test('makes no task where an option of the wait is out of bounds', async () => {
    const { tasks, requests } = await serve(() => completed);
    await expect(tasks.createAndWait(work, { timeoutMs: -1 })).rejects.toThrow(RunctlConfigError);
    expect(requests).toEqual([]);
  });

  test('gives an answer that is held its time on top of the timeout of an attempt', async () => {
    const { tasks } = await serve(() => new Promise((resolve) => setTimeout(resolve, 600, completed)), {
      timeout: 200,
    });
    expect((await tasks.createAndWait(work)).status).toBe('completed');
  });

  test('gives up after its time and says what it saw last', async () => {
    const { tasks } = await serve(() => queued);
    const waiting = tasks.createAndWait(work, { timeoutMs: 300, pollIntervalMs: 100 });
    await expect(waiting).rejects.toThrow(RunctlWaitTimeoutError);
    await expect(waiting).rejects.toMatchObject({ last: { id: 'tsk_1' } });
  });
});

describe('what is refused before anything is sent', () => {
  const batchOf = (count: number) => ({ tasks: Array.from({ length: count }, (): CreateTaskInput => work) });
  const refused: [string, RegExp, (t: Tasks) => Promise<unknown>][] = [
    ['an empty batch', /1 to 25 tasks, but has 0/, (t) => t.createBatch(batchOf(0))],
    ['a batch of 26', /1 to 25 tasks, but has 26/, (t) => t.createBatch(batchOf(26))],
    ['step 0', /whole number from 1.* 0/, (t) => t.fork('tsk_1', 0)],
    ['half a step', /whole number from 1.* 1.5/, (t) => t.getStep('tsk_1', 1.5)],
    ['no step', /whole number from 1.* NaN/, (t) => t.getSnapshot('tsk_1', Number.NaN)],
    ['a date that is none', /scheduledFor/, (t) => t.create({ ...work, scheduledFor: new Date(Number.NaN) })],
    ['a time that is none', /fromDate/, (t) => t.list({ fromDate: Number.POSITIVE_INFINITY })],
    ['a payload that JSON cannot carry', /payload/, (t) => t.create({ ...work, input: { payload: { big: 1n } } })],
  ];
  test.each(refused)('%s', async (_what, message, call) => {
    const { tasks, requests } = await serve(() => queued);
    await expect(call(tasks)).rejects.toThrow(message);
    await expect(call(tasks)).rejects.toMatchObject({ name: 'RunctlValidationError', attempts: 0 });
    expect(requests).toEqual([]);
  });
});

test('a batch of 25 is sent in one request', async () => {
  const { tasks, requests } = await serve(() => Array.from({ length: 25 }, () => queued));
  const created = await tasks.createBatch({ tasks: Array.from({ length: 25 }, () => work) });
  expect(created).toHaveLength(25);
  expect(requests).toHaveLength(1);
});

test('iter walks by cursor and stops asking when the loop stops', async () => {
  const { tasks, requests } = await serve((_request, index) => ({
    data: [{ id: `tsk_${2 * index}` }, { id: `tsk_${2 * index + 1}` }],
    pagination: { page: null, limit: 2, total: null, totalPages: null, hasMore: true },
    nextCursor: `c${index}`,
  }));
  const ids: string[] = [];
  for await (const task of tasks.iter({ status: 'failed', limit: 2 })) {
    ids.push(task.id);
    if (ids.length === 3) break;
  }
  expect(ids).toEqual(['tsk_0', 'tsk_1', 'tsk_2']);
  expect(requests[1]?.query).toEqual({ status: 'failed', limit: '2', cursor: 'c0' });
  expect(requests.length).toBeLessThanOrEqual(3);
});

describe('guards', () => {
  const client = createClient({ apiKey: 'rctl_test', resources: { tasks } });
  const statuses: [Task['status'], boolean, boolean, boolean][] = [
    ['scheduled', false, false, false],
    ['queued', false, false, false],
    ['running', false, false, false],
    ['waiting', false, false, false],
    ['completed', true, true, false],
    ['failed', true, false, true],
    ['cancelled', true, false, false],
  ];
  test.each(statuses)('of a task that is %s', (status, finished, isCompleted, isFailed) => {
    const task = { id: 'tsk_1', status } as unknown as Task;
    const answers = [client.tasks.isFinished(task), client.tasks.isCompleted(task), client.tasks.isFailed(task)];
    expect(answers).toEqual([finished, isCompleted, isFailed]);
  });
});
