import type { WorkflowEvent, WorkflowState } from '@runctl/sdk';
import { CommandFailure } from '../command-failure.ts';
import { printJson, printJsonLine } from '../print-table.ts';
import { type Terminal, tinted } from '../terminal.ts';
import { cutTo, oneLine, severalLines } from '../terminal-text.ts';
import { approvalOf } from './approval.ts';
import { asText, statusTint } from './cells.ts';
import { detachable } from './detachable.ts';
import type { Session } from './session.ts';

/** How a workflow is followed. */
interface Following {
  /** Where it is told what happens; undefined: nowhere. */
  progress: Terminal | undefined;
  /** Every event is a line of JSON on standard output. Default false. */
  asEvents?: boolean;
}

/**
 * Follows a workflow to its end, and prints its output.
 *
 * @throws {CommandFailure} It failed or was cancelled, or Ctrl+C ended the following.
 */
export async function followWorkflow(session: Session, id: string, following: Following): Promise<void> {
  const { client, out, json, reconnects } = session;
  const { progress, asEvents } = following;
  const workflow = await detachable({ id, group: 'workflows' }, async (signal) => {
    for await (const event of client.workflows.events.stream(id, {}, { signal, retries: reconnects })) {
      if (asEvents) printJsonLine(event, out);
      else if (progress) showEvent(progress, event);
    }
    return client.workflows.getById(id, { signal });
  });
  if (json && !asEvents) printJson(workflow, out);
  if (!json && workflow.status === 'completed') out.write(`${severalLines(asText(workflow.output, 2))}\n`);
  failUnlessCompleted(workflow);
}

function showEvent(progress: Terminal, event: WorkflowEvent): void {
  for (const text of event.type === 'workflow.status' ? [event.data.status] : stepTexts(event)) {
    const line = cutTo(oneLine(text), (progress.width ?? 200) - 2);
    progress.write(`${tinted(progress, statusTint(event.data.status), '·')} ${tinted(progress, 'dim', line)}\n`);
  }
}

/** An approval has a line for the question and one for the command that answers, or a narrow terminal would cut it. */
function stepTexts({ workflowId, data }: Extract<WorkflowEvent, { type: 'step.status' }>): string[] {
  const { stepId, name, status, error, output } = data;
  const approval = approvalOf(workflowId, data);
  if (approval !== undefined) return [`${stepId} (${name}) waits: ${approval.question}`, approval.command];
  const outcome = error?.message ?? (status === 'completed' ? asText(output) : '');
  return [`${stepId} (${name}) ${status} ${outcome}`];
}

function failUnlessCompleted({ id, status, error }: WorkflowState): void {
  if (status === 'completed') return;
  const why =
    error === null ? '' : `: ${error.message} (${error.code}${error.stepId === null ? '' : `, step ${error.stepId}`})`;
  throw new CommandFailure(oneLine(`${id} ${status}${why}. \`runctl workflows get ${id}\` shows its steps.`));
}
