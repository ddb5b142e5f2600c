import type { WorkflowDefinition, WorkflowState, WorkflowStatus, WorkflowStep } from '@runctl/sdk';
import { Command, Option } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson, printTable } from '../print-table.ts';
import type { Terminal } from '../terminal.ts';
import { oneLine, severalLines } from '../terminal-text.ts';
import { approvalOf } from './approval.ts';
import { age, asText, duration, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { type ListOptions, printList, withList } from './list-options.ts';
import { definitionId } from './references.ts';
import { withSession } from './session.ts';
import { createWorkflowCommand } from './workflow-create.ts';
import { approveStepCommand, cancelWorkflowCommand, rejectStepCommand } from './workflow-decisions.ts';
import { followWorkflow } from './workflow-follow.ts';
import { runWorkflowCommand } from './workflow-run.ts';

const columns: Column<WorkflowState>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'status', cell: ({ status }) => status, least: 9, tint: ({ status }) => statusTint(status) },
  { heading: 'at', cell: ({ currentStepIds }) => currentStepIds.join(', ') },
  { heading: 'took', cell: ({ startedAt, finishedAt }) => between(startedAt, finishedAt), align: 'right' },
  { heading: 'age', cell: ({ createdAt }) => age(createdAt), align: 'right' },
  { heading: 'definition', cell: ({ workflowDefinitionId }) => workflowDefinitionId },
];

const stepColumns: Column<WorkflowStep>[] = [
  { heading: 'step', cell: ({ stepId }) => stepId, least: 12 },
  { heading: 'type', cell: ({ type }) => type, least: 8 },
  { heading: 'status', cell: ({ status }) => status, least: 9, tint: ({ status }) => statusTint(status) },
  { heading: 'tries', cell: ({ attempt }) => attempt, align: 'right' },
  { heading: 'took', cell: ({ startedAt, finishedAt }) => between(startedAt, finishedAt), align: 'right' },
  { heading: 'task', cell: ({ taskId }) => taskId, whole: true },
  { heading: 'output', cell: ({ error, output }) => (error?.message ?? asText(output ?? '')).slice(0, 160), least: 12 },
];

const definitionColumns: Column<WorkflowDefinition>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'name', cell: ({ name }) => name, least: 16 },
  { heading: 'pattern', cell: ({ pattern }) => pattern },
  { heading: 'steps', cell: ({ steps }) => steps.length, align: 'right' },
  { heading: 'version', cell: ({ version }) => version, align: 'right' },
  { heading: 'age', cell: ({ createdAt }) => age(createdAt), align: 'right' },
];

/** `runctl workflows`. */
export function workflowsCommand(): Command {
  return new Command('workflows')
    .description('Define workflows, start them, follow them, decide what they wait for.')
    .addCommand(createWorkflowCommand())
    .addCommand(runWorkflowCommand())
    .addCommand(listCommand())
    .addCommand(definitionsCommand())
    .addCommand(getCommand())
    .addCommand(tailCommand())
    .addCommand(cancelWorkflowCommand())
    .addCommand(approveStepCommand())
    .addCommand(rejectStepCommand());
}

function listCommand(): Command {
  return withList(command('ls').alias('list'))
    .description('List workflows, newest first.')
    .addOption(
      new Option('--status <status...>', 'workflows of this status').choices([
        ...['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'],
      ]),
    )
    .option('--definition <definition>', 'executions of this definition, by id or name')
    .addHelpText(
      'after',
      examples('runctl workflows ls --status waiting', 'runctl workflows ls --definition "Content Pipeline"'),
    )
    .action((options: ConnectionOptions & ListOptions & { status?: WorkflowStatus[]; definition?: string }) =>
      withSession(options, async (session) => {
        const { status, definition } = options;
        const filter = {
          ...(status && { status }),
          ...(definition && { workflowDefinitionId: await definitionId(session, definition) }),
        };
        await printList(session, options, {
          columns,
          none: 'No workflows. `runctl workflows run` starts one.',
          load: (limit) => session.client.workflows.iter({ limit, ...filter }),
        });
      }),
    );
}

function definitionsCommand(): Command {
  return withList(command('definitions'))
    .description('List what can be run: definitions of workflows, newest first.')
    .option('--search <text>', 'definitions with this text in their name or description')
    .addHelpText('after', examples('runctl workflows definitions --search pipeline'))
    .action((options: ConnectionOptions & ListOptions & { search?: string }) =>
      withSession(options, (session) =>
        printList(session, options, {
          columns: definitionColumns,
          none: 'No workflow definitions. `runctl workflows create --file definition.json` makes one.',
          load: (limit) =>
            session.client.workflowDefinitions.iter({ limit, ...(options.search && { search: options.search }) }),
        }),
      ),
    );
}

function getCommand(): Command {
  return command('get')
    .description('Show one workflow with its steps.')
    .argument('<workflow>', 'its id')
    .addHelpText('after', examples('runctl workflows get wfl_...', 'runctl workflows get wfl_... --json | jq .steps'))
    .action((id: string, options: ConnectionOptions) =>
      withSession(options, async ({ client, out, json }) => {
        const [workflow, steps] = await Promise.all([client.workflows.getById(id), client.workflows.getSteps(id)]);
        if (json) return printJson({ ...workflow, steps }, out);
        printFields(fieldsOf(workflow), out);
        out.write('\n');
        printTable(stepColumns, steps, out);
        for (const step of steps) showApproval(out, id, step);
        if (workflow.status === 'completed') out.write(`\n${severalLines(asText(workflow.output, 2))}\n`);
      }),
    );
}

function tailCommand(): Command {
  return command('tail')
    .description('Follow a workflow to its end, from its beginning, and print its output. Exit code 1 where it failed.')
    .argument('<workflow>', 'its id')
    .addHelpText('after', examples('runctl workflows tail wfl_...'))
    .action((id: string, options: ConnectionOptions) =>
      withSession(options, (session) => followWorkflow(session, id, { progress: session.out, asEvents: session.json })),
    );
}

/** What a person is asked, and what answers. */
function showApproval(out: Terminal, workflowId: string, step: WorkflowStep): void {
  const approval = approvalOf(workflowId, step);
  if (approval === undefined) return;
  const { question, command: answer } = approval;
  out.write(`\n${oneLine(step.stepId)} waits: ${severalLines(question)}\n  ${oneLine(answer)}\n`);
}

function fieldsOf(workflow: WorkflowState): [string, string | number | null][] {
  const { error } = workflow;
  return [
    ['id', workflow.id],
    ['status', workflow.status],
    ...(error === null ? [] : ([['error', `${error.message} (${error.code})`]] as [string, string][])),
    ['definition', `${workflow.workflowDefinitionId}, version ${workflow.definitionVersion}`],
    ['input', JSON.stringify(workflow.input)],
    ['took', between(workflow.startedAt, workflow.finishedAt)],
    ['created', workflow.createdAt],
  ];
}

function between(from: string | null, to: string | null): string | null {
  return from === null || to === null ? null : duration(Date.parse(to) - Date.parse(from));
}
