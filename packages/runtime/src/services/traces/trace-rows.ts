import type { JsonValue } from '@runctl/core';
import type { TraceMessage, TraceStep } from '@runctl/tasks';
import { ancestryOf, firstOwnStep } from '../../engine/ancestry.ts';
import { lastMessageHash, readContents } from '../../engine/snapshots.ts';
import type { StepRow, TaskRow } from '../../store/schema.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { parseStored } from '../wire/stored-json.ts';
import { toTraceStep } from './trace-step.ts';

/** A task's trace: each step as it travels, beside the row that recorded it. */
export interface RecordedStep {
  row: StepRow;
  step: TraceStep;
}

/** Steps `from` to `to`, both included. */
export interface StepRange {
  from: number;
  to: number;
}

/** The last committed step of a task's trace, inherited ones counted; 0 where there is none. */
export async function lastStepOf(scope: TenantScope, task: TaskRow): Promise<number> {
  const last = await scope
    .steps()
    .select('step')
    .where('task_id', '=', task.id)
    .orderBy('step', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.step ?? firstOwnStep(task) - 1;
}

/** The committed steps of a task, inherited ones first; with `range`, those of them that lie there. */
export async function readTrace(scope: TenantScope, task: TaskRow, range?: StepRange): Promise<RecordedStep[]> {
  const rows = await readRows(scope, task, range);
  const questions = await readQuestions(scope, rows);
  return rows.map((row) => {
    const question = questions.get(row.step);
    const inherited = row.task_id !== task.id;
    return { row, step: toTraceStep(row, { inherited, ...(question === undefined ? {} : { question }) }) };
  });
}

/** By the primary key of the steps: one range for each task that executed some of them. */
function readRows(scope: TenantScope, task: TaskRow, range: StepRange | undefined): Promise<StepRow[]> {
  const segments = [...ancestryOf(task), { taskId: task.id, from: firstOwnStep(task), to: Number.MAX_SAFE_INTEGER }];
  let steps = scope
    .steps()
    .selectAll()
    .where(({ and, eb, or }) =>
      or(
        segments.map(({ taskId, from, to }) =>
          and([eb('task_id', '=', taskId), eb('step', '>=', from), eb('step', '<=', to)]),
        ),
      ),
    );
  if (range !== undefined) steps = steps.where('step', '>=', range.from).where('step', '<=', range.to);
  return steps.orderBy('step').execute();
}

/** What each step that asks a model was asked: the last message of the conversation at its entry. */
async function readQuestions(scope: TenantScope, rows: readonly StepRow[]): Promise<Map<number, JsonValue>> {
  const hashes = new Map<number, string>();
  for (const { step, tool, entry } of rows) {
    const last = tool === null ? lastMessageHash(entry) : undefined;
    if (last !== undefined) hashes.set(step, last);
  }
  const bodies = await readContents(scope.forEngine(), scope.tenantId, hashes.values());
  const questions = new Map<number, JsonValue>();
  for (const [step, hash] of hashes) {
    const body = bodies.get(hash);
    if (body !== undefined) questions.set(step, parseStored<TraceMessage>(body).content);
  }
  return questions;
}
