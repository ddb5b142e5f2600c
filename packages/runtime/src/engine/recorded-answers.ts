import type { JsonValue } from '@runctl/core';
import type { TaskError } from '@runctl/tasks';
import { canonicalJson } from '../loops/canonical-json.ts';
import type { ActionOutcome } from '../loops/loop.ts';
import type { ToolCall } from '../models/model.ts';
import type { StepRow, TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { ancestryOf } from './ancestry.ts';
import { readOutcome } from './step-record.ts';

/** How a fork treats the tool calls that its source made. */
export type SideEffects = 'reuse' | 'execute' | 'block';

/** The part of a step that is an answer. */
type AnswerRow = Pick<StepRow, 'step' | 'name' | 'input' | 'output' | 'error' | 'model' | 'tool' | 'kind'>;

/** Steps whose outcome is an answer to a call. An approval is none: a fork asks anew. */
const answering: StepRow['kind'][] = ['tool', 'input', 'delegation'];
/** Errors that say that there was no answer: the call waited when its task was cancelled or its time was over, or a person refused it. */
const unanswered: ReadonlySet<string> = new Set(['cancelled', 'expired', 'rejected']);

/**
 * The tool answers that the source of a fork recorded. A call with the same name and arguments gets the recorded one:
 * of those that the source had still before it at this step, one after the other, and the last one again after that;
 * where it made no such call any more, the last one that it had got.
 */
export class RecordedAnswers {
  readonly mode: SideEffects;
  readonly #ahead = new Map<string, ActionOutcome[]>();
  readonly #behind = new Map<string, ActionOutcome>();

  /** @param steps In order. @param nextStep The step that the fork executes next. */
  constructor(mode: SideEffects, steps: readonly AnswerRow[], nextStep: number) {
    this.mode = mode;
    for (const row of steps) {
      if (row.error !== null && unanswered.has((JSON.parse(row.error) as TaskError).code)) continue;
      const key = callKey(row.name, JSON.parse(row.input) as JsonValue);
      if (row.step < nextStep) this.#behind.set(key, readOutcome(row));
      else this.#ahead.set(key, [...(this.#ahead.get(key) ?? []), readOutcome(row)]);
    }
  }

  /** The recorded answer, or undefined where the source made no such call. */
  take(call: ToolCall): ActionOutcome | undefined {
    // The memory is state of the task, not of the world: an override of it must be seen.
    if (call.name === 'memory') return undefined;
    const key = callKey(call.name, call.arguments);
    const answers = this.#ahead.get(key);
    if (answers === undefined) return this.#behind.get(key);
    return answers.length > 1 ? answers.shift() : answers[0];
  }
}

function callKey(name: string, value: JsonValue): string {
  return `${name} ${canonicalJson(value)}`;
}

/** Reads what the source of a fork recorded: its whole trace, the part after the cut too. */
export async function readRecordedAnswers(
  query: Query,
  task: TaskRow,
  nextStep: number,
): Promise<RecordedAnswers | undefined> {
  if (task.forked_from_task === null) return undefined;
  const mode = (task.side_effects ?? 'reuse') as SideEffects;
  if (mode === 'execute') return new RecordedAnswers(mode, [], nextStep);
  const source = await query
    .selectFrom('tasks')
    .select('ancestry')
    .where('id', '=', task.forked_from_task)
    .where('tenant_id', '=', task.tenant_id)
    .executeTakeFirst();
  if (source === undefined) return new RecordedAnswers(mode, [], nextStep);
  const own = { taskId: task.forked_from_task, from: 1, to: Number.MAX_SAFE_INTEGER };
  const steps: StepRow[] = [];
  for (const { taskId, from, to } of [...ancestryOf(source), own]) {
    const rows = await query
      .selectFrom('steps')
      .selectAll()
      .where('task_id', '=', taskId)
      .where('tenant_id', '=', task.tenant_id)
      .where('kind', 'in', answering)
      .where('status', '!=', 'waiting')
      .where('step', '>=', from)
      .where('step', '<=', to)
      .orderBy('step')
      .execute();
    steps.push(...rows);
  }
  return new RecordedAnswers(mode, steps, nextStep);
}
