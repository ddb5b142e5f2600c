import type { JsonValue, RunctlApiError } from '@runctl/core';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import type { CreateTaskInput, FinishedTask, Task, TaskError, Tasks, TaskWait } from './index.ts';

/** What the compiler promises of tasks. Nothing here runs. */
export async function typesOfTasks(tasks: Tasks, task: Task<{ total: number }>, error: RunctlApiError): Promise<void> {
  // A status says what a task has.
  if (task.status === 'completed') expectTypeOf(task.result).toEqualTypeOf<{ total: number }>();
  if (task.status === 'failed') expectTypeOf(task.error).toEqualTypeOf<TaskError>();
  if (task.status === 'waiting') expectTypeOf(task.waitingFor).toEqualTypeOf<TaskWait>();
  if (task.status === 'queued') expectTypeOf(task.result).toEqualTypeOf<null>();

  // Guards narrow, and keep the type of the result.
  if (tasks.isCompleted(task)) expectTypeOf(task.result.total).toEqualTypeOf<number>();
  if (tasks.isFailed(task)) expectTypeOf(task.error.code).toEqualTypeOf<string>();
  if (tasks.isFinished(task)) expectTypeOf(task).toEqualTypeOf<FinishedTask<{ total: number }>>();
  if (!tasks.isFinished(task)) expectTypeOf(task.result).toEqualTypeOf<null>();

  // A schema types the result; what comes out of a transform, not what goes in.
  const schema = z.object({ total: z.string().transform(Number) });
  const work = { agentId: 'agt_1', input: { payload: {} } };
  expectTypeOf(await tasks.create({ ...work, schema })).toEqualTypeOf<Task<{ total: number }>>();
  expectTypeOf(await tasks.createAndWait({ ...work, schema })).toEqualTypeOf<FinishedTask<{ total: number }>>();
  expectTypeOf(await tasks.waitForCompletion('tsk_1', { schema })).toEqualTypeOf<FinishedTask<{ total: number }>>();
  expectTypeOf(await tasks.create({ ...work, schema: { schema, jsonSchema: {} } })).toEqualTypeOf<
    Task<{ total: number }>
  >();
  expectTypeOf(await tasks.create({ ...work, schema: { type: 'object' } })).toEqualTypeOf<Task<JsonValue>>();

  // Without one, it is the caller's word, or any JSON.
  expectTypeOf(await tasks.getById<{ total: number }>('tsk_1')).toEqualTypeOf<Task<{ total: number }>>();
  expectTypeOf(await tasks.create(work)).toEqualTypeOf<Task>();
  expectTypeOf(await tasks.waitForCompletion('tsk_1')).toEqualTypeOf<FinishedTask>();

  // Who has failures thrown has a result.
  const strict = { throwOnFailure: true } as const;
  expectTypeOf((await tasks.createAndWait({ ...work, schema }, strict)).result.total).toEqualTypeOf<number>();
  expectTypeOf((await tasks.waitForCompletion('tsk_1', { schema, ...strict })).result.total).toEqualTypeOf<number>();
  const done = await tasks.waitForCompletion<{ total: number }>('tsk_1', {
    throwOnFailure: true,
    onUpdate: (update) => {
      expectTypeOf(update).toEqualTypeOf<Task>();
    },
  });
  expectTypeOf(done.status).toEqualTypeOf<'completed'>();
  const perhaps = { throwOnFailure: done.attempt > 1 };
  expectTypeOf(await tasks.waitForCompletion('tsk_1', perhaps)).toEqualTypeOf<FinishedTask>();

  // Events tell their data by their type.
  for await (const event of tasks.events.stream('tsk_1', { type: ['output.delta', 'log'] })) {
    if (event.type === 'output.delta') expectTypeOf(event.data.text).toEqualTypeOf<string>();
  }

  // @ts-expect-error an agent and a team at once
  const both: CreateTaskInput = { agentId: 'agt_1', teamId: 'tem_1', input: { payload: {} } };
  // @ts-expect-error neither
  const neither: CreateTaskInput = { input: { payload: {} } };
  // @ts-expect-error the wire's name
  const wire: CreateTaskInput = { ...work, agentId: 'agt_1', outputSchema: {} };
  // @ts-expect-error a status that is none
  await tasks.list({ status: 'done' });
  // @ts-expect-error a paginator walks by cursor
  tasks.iter({ page: 2 });
  // @ts-expect-error a period that is none
  await tasks.getExecutionHistory('7 days');
  expectTypeOf([both, neither, wire, error.code]).not.toBeAny();
}
