import type { Task } from '@runctl/sdk';
import { CommandFailure } from '../command-failure.ts';
import { printJson, printJsonLine } from '../print-table.ts';
import type { Terminal } from '../terminal.ts';
import { oneLine, severalLines } from '../terminal-text.ts';
import { asText } from './cells.ts';
import { detachable } from './detachable.ts';
import { EventLines } from './event-lines.ts';
import type { Session } from './session.ts';

/** How a task is followed. */
interface Following {
  /** Where it is told what happens; undefined: nowhere. */
  progress: Terminal | undefined;
  /** Every event is a line of JSON on standard output. Default false. */
  asEvents?: boolean;
  /** Resume after this event. */
  after?: string | undefined;
}

/**
 * Follows a task to its end, and prints its result: as it is written on a terminal, once it is there anywhere else.
 *
 * @throws {CommandFailure} It failed or was cancelled, or Ctrl+C ended the following.
 */
export async function followTask(session: Session, taskId: string, following: Following): Promise<void> {
  const { client, out, json, reconnects } = session;
  const isShownLive = !json && out.width !== undefined;
  const lines = new EventLines(following.progress, isShownLive ? out : undefined);
  const task = await detachable({ id: taskId, group: 'tasks' }, async (signal) => {
    const { after, asEvents } = following;
    const events = client.tasks.events.stream(taskId, {}, { signal, retries: reconnects, ...(after && { after }) });
    for await (const event of events) {
      if (asEvents) printJsonLine(event, out);
      else lines.show(event);
    }
    return client.tasks.getById(taskId, { signal });
  });
  lines.end();
  if (json && !following.asEvents) printJson(task, out);
  if (!json) printResult(session, task, lines.written);
  failUnlessCompleted(task);
}

/** Prints what came of a task, unless it is what has just been written word by word. */
function printResult({ out }: Session, task: Task, written: string): void {
  if (task.status !== 'completed') return;
  const result = asText(task.result, 2);
  if (written !== '' && written.trim() === result.trim()) return;
  out.write(`${severalLines(result)}${result.endsWith('\n') ? '' : '\n'}`);
}

/** @throws {CommandFailure} It failed or was cancelled; so scripts learn it by the exit code. */
function failUnlessCompleted({ id, status, error }: Task): void {
  if (status === 'completed') return;
  const why =
    error === null ? '' : `: ${error.message} (${error.code}${error.step === null ? '' : `, step ${error.step}`})`;
  const next = status === 'failed' ? `, \`runctl tasks retry ${id}\` tries again from the step that failed` : '';
  throw new CommandFailure(oneLine(`${id} ${status}${why}. \`runctl tasks trace ${id}\` shows its steps${next}.`));
}
