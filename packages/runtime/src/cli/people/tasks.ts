import type { Task, TaskStatus } from '@runctl/sdk';
import { Command, Option } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson } from '../print-table.ts';
import { severalLines } from '../terminal-text.ts';
import { age, asText, duration, money, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { type ListOptions, printList, withList } from './list-options.ts';
import { agentId } from './references.ts';
import { withSession } from './session.ts';
import { compareCommand } from './task-compare.ts';
import { approveCommand, cancelCommand, rejectCommand, respondCommand } from './task-decisions.ts';
import { followTask } from './task-follow.ts';
import { forkCommand } from './task-fork.ts';
import { runTaskCommand, type StartOptions, started, withStart } from './task-run.ts';
import { traceCommand } from './task-trace.ts';

const columns: Column<Task>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'status', cell: ({ status }) => status, least: 9, tint: ({ status }) => statusTint(status) },
  { heading: 'input', cell: promptOf, least: 20 },
  { heading: 'age', cell: ({ createdAt }) => age(createdAt), align: 'right' },
  { heading: 'took', cell: tookOf, align: 'right' },
  { heading: 'cost', cell: ({ usage }) => money(usage.costUsd), align: 'right' },
  { heading: 'steps', cell: ({ usage }) => usage.steps, align: 'right' },
];

/** `runctl tasks`. */
export function tasksCommand(): Command {
  return new Command('tasks')
    .description('Give work to agents and teams, follow it, look into it, fork it.')
    .addCommand(runTaskCommand())
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(tailCommand())
    .addCommand(traceCommand())
    .addCommand(forkCommand())
    .addCommand(compareCommand())
    .addCommand(retryCommand())
    .addCommand(cancelCommand())
    .addCommand(approveCommand())
    .addCommand(rejectCommand())
    .addCommand(respondCommand());
}

function listCommand(): Command {
  return withList(command('ls').alias('list'))
    .description('List tasks, newest first.')
    .addOption(
      new Option('--status <status...>', 'tasks of this status').choices([
        ...['scheduled', 'queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'],
      ]),
    )
    .option('--agent <agent>', 'tasks of this agent, by id or name')
    .option('--forks-of <task>', 'forks of this task')
    .addHelpText(
      'after',
      examples('runctl tasks ls --status running waiting --watch', 'runctl tasks ls --agent "Code Reviewer" -n 5'),
    )
    .action((options: ConnectionOptions & ListOptions & { status?: TaskStatus[]; agent?: string; forksOf?: string }) =>
      withSession(options, async (session) => {
        const { status, agent, forksOf: forkedFrom } = options;
        const filter = {
          ...(status && { status }),
          ...(agent && { agentId: await agentId(session, agent) }),
          ...(forkedFrom && { forkedFrom }),
        };
        await printList(session, options, {
          columns,
          none: 'No tasks. `runctl tasks run` makes one.',
          load: (limit) => session.client.tasks.iter({ limit, ...filter }),
        });
      }),
    );
}

function getCommand(): Command {
  return command('get')
    .description('Show one task: where it stands, what it waits for, what came of it.')
    .argument('<task>', 'its id')
    .addHelpText('after', examples('runctl tasks get tsk_...', 'runctl tasks get tsk_... --json | jq .result'))
    .action((id: string, options: ConnectionOptions) =>
      withSession(options, async ({ client, out, json }) => {
        const task = await client.tasks.getById(id);
        if (json) return printJson(task, out);
        printFields(fieldsOf(task), out);
        if (task.status === 'completed') out.write(`\n${severalLines(asText(task.result, 2))}\n`);
      }),
    );
}

function tailCommand(): Command {
  return command('tail')
    .description('Follow a task to its end, from its beginning, and print its result. Exit code 1 where it failed.')
    .argument('<task>', 'its id')
    .option('--after <event>', 'only what happened after this event')
    .addHelpText(
      'after',
      examples('runctl tasks tail tsk_...', 'runctl tasks tail tsk_... --json | jq -c "[.type, .data.step]"'),
    )
    .action((id: string, options: ConnectionOptions & { after?: string }) =>
      withSession(options, (session) =>
        followTask(session, id, { progress: session.out, asEvents: session.json, after: options.after }),
      ),
    );
}

function retryCommand(): Command {
  return withStart(command('retry'))
    .description('Try a failed task again, from the step that failed, as a new task.')
    .argument('<task>', 'its id')
    .addHelpText('after', examples('runctl tasks retry tsk_...'))
    .action((id: string, options: StartOptions) =>
      withSession(options, async (session) => started(session, await session.client.tasks.retry(id), options)),
    );
}

function promptOf({ input: { payload } }: Task): string {
  return asText(payload.message ?? payload.query ?? payload.prompt ?? payload).slice(0, 200);
}

function tookOf({ startedAt, finishedAt }: Task): string | null {
  if (startedAt === null || finishedAt === null) return null;
  return duration(Date.parse(finishedAt) - Date.parse(startedAt));
}

function fieldsOf(task: Task): [string, string | number | null][] {
  const { usage, error, forkedFrom, waitingFor } = task;
  return [
    ['id', task.id],
    ['status', task.status],
    ...(waitingFor === null ? [] : ([['waits for', JSON.stringify(waitingFor)]] as [string, string][])),
    ...(error === null ? [] : ([['error', `${error.message} (${error.code})`]] as [string, string][])),
    ['by', task.teamId ?? task.agentId],
    ['input', promptOf(task)],
    [
      'used',
      `${usage.steps} steps, ${usage.inputTokens} tokens in, ${usage.outputTokens} out, ${money(usage.costUsd)}`,
    ],
    ['took', tookOf(task)],
    ['forked from', forkedFrom === null ? null : `${forkedFrom.taskId} at step ${forkedFrom.step}`],
    ['retry of', task.retryOf],
    ['created', task.createdAt],
  ];
}
