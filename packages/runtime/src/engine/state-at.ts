import type { AgentLoop, LoopAction, LoopRegistry, LoopState, RunConfig } from '../loops/loop.ts';
import { membersOf } from '../loops/members.ts';
import type { StepRow, TaskRow } from '../store/schema.ts';
import type { Query } from '../store/store.ts';
import { executorOf, firstOwnStep } from './ancestry.ts';
import { decodeState, type EncodedEntry, forkStart, SnapshotError, type StateBase } from './snapshots.ts';
import { readApproval, readOutcome } from './step-record.ts';

// The recorded states of a task. Crash, fork and snapshot all read them here, so that a fork starts from the very
// state that a restart would have gone on from.

/**
 * The state at entry of a step of a task's trace, inherited steps too; of last + 1, the state that the last step left.
 *
 * @param config The agent's version that the task runs; a fork keeps its source's.
 * @throws {SnapshotError} The task has no such step.
 */
export async function stateAtEntry(
  query: Query,
  loops: LoopRegistry,
  task: TaskRow,
  config: RunConfig,
  step: number,
): Promise<LoopState> {
  const executor = await readExecutor(query, task, step);
  const row = await readStep(query, executor, step);
  const loop = loops.loopFor(config.type);
  if (row !== undefined) return stateOf(query, loop, executor, config, row);
  if (step === firstOwnStep(task)) return startOf(query, loop, task, config);
  const last = await readStep(query, task, step - 1);
  if (last === undefined) throw new SnapshotError(`Task ${task.id} has neither a step ${step} nor one before it.`);
  return stateAfter(query, loop, task, config, last);
}

/** Where a claimed task goes on: at its start, or after its last committed step. */
export async function resumePoint(
  query: Query,
  loops: LoopRegistry,
  task: TaskRow,
  config: RunConfig,
): Promise<{ state: LoopState; nextStep: number }> {
  const loop = loops.loopFor(config.type);
  // The first claim finds no steps: nobody held the task before.
  const last = task.epoch <= 1 ? undefined : await readLastOwnStep(query, task);
  if (last === undefined) return { state: await startOf(query, loop, task, config), nextStep: firstOwnStep(task) };
  return { state: await stateAfter(query, loop, task, config, last), nextStep: last.step + 1 };
}

/** The state that a task's own first step starts from. */
async function startOf(query: Query, loop: AgentLoop, task: TaskRow, config: RunConfig): Promise<LoopState> {
  const start = forkStart(task);
  if (start === undefined) return freshStart(loop, task, config);
  return decodeState(query, task.tenant_id, start.base, start);
}

function freshStart(loop: AgentLoop, task: TaskRow, config: RunConfig): LoopState {
  return loop.start({
    agent: config,
    input: JSON.parse(task.input),
    memory: task.memory === null ? {} : JSON.parse(task.memory),
  });
}

function stateOf(
  query: Query,
  loop: AgentLoop,
  executor: TaskRow,
  config: RunConfig,
  row: Pick<StepRow, 'entry'>,
): Promise<LoopState> {
  const base: StateBase = forkStart(executor)?.base ?? freshStart(loop, executor, config);
  const { prompt, systemPrompt, modelProvider, model } = base;
  const entry = JSON.parse(row.entry) as EncodedEntry;
  return decodeState(query, executor.tenant_id, { prompt, systemPrompt, modelProvider, model }, entry);
}

async function stateAfter(
  query: Query,
  loop: AgentLoop,
  task: TaskRow,
  config: RunConfig,
  row: StepRow,
): Promise<LoopState> {
  const entry = await stateOf(query, loop, task, config, row);
  const rows = row.kind === 'delegation' ? await readSiblings(query, task, row) : [row];
  // Nothing has come of it yet.
  if (rows.some(({ status }) => status === 'waiting')) return entry;
  return rows.reduce((state, each) => reduceRow(loop, task, config, state, each), entry);
}

function reduceRow(loop: AgentLoop, task: TaskRow, config: RunConfig, entry: LoopState, row: StepRow): LoopState {
  // One that was cancelled was never decided; one that expired was: its call is rejected.
  if (row.kind === 'approval') return row.output === 'null' ? entry : withApproval(entry, row);
  // A failed model call left nothing behind: going on from there means to ask again.
  if (row.tool === null && row.status === 'failed') return entry;
  return loop.reduce(entry, actionOf(loop, task, config, entry, row), readOutcome(row));
}

function withApproval(entry: LoopState, row: StepRow): LoopState {
  const { callId, approval } = readApproval(row);
  return { ...entry, approvals: { ...entry.approvals, [callId]: approval } };
}

/** What a step ran: a tool call stands in its row; a question is what the loop asks again in the same state. */
function actionOf(loop: AgentLoop, task: TaskRow, config: RunConfig, entry: LoopState, row: StepRow): LoopAction {
  if (row.tool !== null) {
    const { callId, name } = JSON.parse(row.tool) as { callId: string; name: string };
    return { kind: 'tool', call: { callId, name, arguments: JSON.parse(row.input) } };
  }
  // What was said of the tools has no part in the next state, so they are left out here.
  const outputSchema = task.output_schema === null ? null : JSON.parse(task.output_schema);
  const settings = config.modelConfig ?? {};
  const { rubric = [] } = config;
  const decision = loop.decide(entry, { tools: [], settings, outputSchema, members: membersOf(config), rubric });
  if (decision.type === 'act' && decision.action.kind === 'model') return decision.action;
  // Recorded by a loop that decided otherwise than today's: the conversation was the question.
  const { modelProvider: provider, model, systemPrompt: system, messages } = entry;
  const request = { provider, model, system, messages, tools: [], outputSchema, settings };
  return { kind: 'model', name: row.name, stepKind: row.kind, request };
}

async function readExecutor(query: Query, task: TaskRow, step: number): Promise<TaskRow> {
  const taskId = executorOf(task, step);
  if (taskId === task.id) return task;
  const executor = await query
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', taskId)
    .where('tenant_id', '=', task.tenant_id)
    .executeTakeFirst();
  if (executor === undefined) throw new SnapshotError(`Task ${taskId}, which executed step ${step}, is not stored.`);
  return executor;
}

/** Hand-overs that began together began in the same state. By primary key. */
function readSiblings(query: Query, task: TaskRow, { step, entry }: StepRow): Promise<StepRow[]> {
  return ownSteps(query, task).where('step', '<=', step).where('entry', '=', entry).orderBy('step').execute();
}

function ownSteps(query: Query, task: TaskRow) {
  return query.selectFrom('steps').selectAll().where('task_id', '=', task.id).where('tenant_id', '=', task.tenant_id);
}

function readStep(query: Query, executor: TaskRow, step: number): Promise<StepRow | undefined> {
  return ownSteps(query, executor).where('step', '=', step).executeTakeFirst();
}

function readLastOwnStep(query: Query, task: TaskRow): Promise<StepRow | undefined> {
  return ownSteps(query, task).orderBy('step', 'desc').limit(1).executeTakeFirst();
}
