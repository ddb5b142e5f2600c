import type { AgentLogEntry } from '@runctl/agents';
import type { TaskError } from '@runctl/tasks';
import type { StepRow, TaskRow } from '../../store/schema.ts';

/** A line before it has its place. */
export type Line = Pick<AgentLogEntry, 'level' | 'source' | 'message' | 'step'> & { at: number };

/** The part of a step that a line tells of. */
export type LoggedStep = Pick<
  StepRow,
  | 'task_id'
  | 'step'
  | 'kind'
  | 'name'
  | 'status'
  | 'error'
  | 'model'
  | 'input_tokens'
  | 'output_tokens'
  | 'started_at'
  | 'finished_at'
>;

/** The part of a task that a line tells of. */
export type LoggedTask = Pick<
  TaskRow,
  'id' | 'status' | 'error' | 'attempt' | 'started_at' | 'finished_at' | 'updated_at'
>;

/** Characters of a line. */
const longestMessage = 1_000;

/** What a worker says when it takes a task up. */
export function startLine({ attempt, agent_version }: TaskRow, at: number): Line {
  const again = attempt > 1 ? ` again, attempt ${attempt}` : '';
  return line(
    'info',
    'worker',
    `The task started${again}, version ${agent_version ?? 'unknown'} of the agent.`,
    null,
    at,
  );
}

/** What is to be said of a step that has ended. */
export function stepLine(step: LoggedStep): Line {
  const at = step.finished_at ?? step.started_at;
  const took = `${at - step.started_at} ms`;
  if (step.kind === 'tool') {
    return step.status === 'failed'
      ? line('warn', 'tool', `${step.name} failed after ${took}: ${messageOf(step.error)}`, step.step, at)
      : line('info', 'tool', `${step.name} answered in ${took}.`, step.step, at);
  }
  if (step.status === 'failed') {
    return line('error', 'agent', `${step.name} failed after ${took}: ${messageOf(step.error)}`, step.step, at);
  }
  const tokens = step.model === null ? '' : `, ${step.input_tokens ?? 0} tokens in, ${step.output_tokens ?? 0} out`;
  return line('debug', 'agent', `${step.kind} step ${step.name} took ${took}${tokens}.`, step.step, at);
}

/** What is to be said of a task that its worker has let go of. */
export function endLine(task: LoggedTask): Line {
  const at = task.finished_at ?? task.updated_at;
  const took = task.started_at === null ? '' : ` after ${at - task.started_at} ms`;
  switch (task.status) {
    case 'completed':
      return line('info', 'runtime', `The task was completed${took}.`, null, at);
    case 'failed':
      return line('error', 'runtime', `The task failed${took}: ${messageOf(task.error)}`, stepOf(task.error), at);
    case 'cancelled':
      return line('warn', 'runtime', `The task was cancelled${took}.`, null, at);
    case 'waiting':
      return line('info', 'runtime', 'The task waits and has given its slot back.', null, at);
    default:
      return line('warn', 'worker', 'The worker handed the task back; it goes on after its last step.', null, at);
  }
}

function line(level: Line['level'], source: Line['source'], message: string, step: number | null, at: number): Line {
  return { level, source, message: message.slice(0, longestMessage), step, at };
}

function messageOf(error: string | null): string {
  if (error === null) return 'no reason is known';
  const { code, message } = JSON.parse(error) as TaskError;
  return `${code}: ${message}`;
}

function stepOf(error: string | null): number | null {
  return error === null ? null : ((JSON.parse(error) as Partial<TaskError>).step ?? null);
}
