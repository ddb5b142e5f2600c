import type { AgentLogEntry, AgentMetrics, Period } from '@runctl/sdk';
import { type Command, Option } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson, printTable } from '../print-table.ts';
import { duration, money, percent } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { type ListOptions, printList, withList } from './list-options.ts';
import { agentId } from './references.ts';
import { withSession } from './session.ts';

const tints = { debug: 'dim', info: undefined, warn: 'yellow', error: 'red' } as const;

const logColumns: Column<AgentLogEntry>[] = [
  { heading: 'time', cell: ({ timestamp }) => timestamp.slice(0, 19).replace('T', ' '), whole: true },
  { heading: 'level', cell: ({ level }) => level, tint: ({ level }) => tints[level] },
  { heading: 'message', cell: ({ message }) => message },
  { heading: 'source', cell: ({ source }) => source },
  { heading: 'task', cell: ({ taskId }) => taskId },
  { heading: 'step', cell: ({ step }) => step, align: 'right' },
];

/** `runctl agents logs`. */
export function agentLogsCommand(): Command {
  return withList(command('logs'))
    .description("Show an agent's log, newest first.")
    .argument('<agent>', 'its id or its name')
    .addOption(new Option('--level <level>', 'that level and above').choices(['debug', 'info', 'warn', 'error']))
    .option('--task <task>', 'lines of this task')
    .addHelpText('after', examples('runctl agents logs "Code Reviewer" --level warn -n 50'))
    .action(
      (
        reference: string,
        options: ConnectionOptions & ListOptions & { level?: AgentLogEntry['level']; task?: string },
      ) =>
        withSession(options, async (session) => {
          const id = await agentId(session, reference);
          const { level, task } = options;
          await printList(session, options, {
            columns: logColumns,
            none: 'The log is empty.',
            load: (limit) =>
              session.client.agents.iterLogs(id, { limit, ...(level && { level }), ...(task && { taskId: task }) }),
          });
        }),
    );
}

const toolColumns: Column<AgentMetrics['tools'][number]>[] = [
  { heading: 'tool', cell: ({ name }) => name },
  { heading: 'calls', cell: ({ calls }) => calls, align: 'right' },
  {
    heading: 'errors',
    cell: ({ errors }) => errors,
    align: 'right',
    tint: ({ errors }) => (errors ? 'red' : undefined),
  },
  { heading: 'p95', cell: ({ p95Ms }) => duration(p95Ms), align: 'right' },
];

/** `runctl agents metrics`. */
export function agentMetricsCommand(): Command {
  return command('metrics')
    .description('What an agent did in a window of time: tasks, durations, tokens, cost, tools.')
    .argument('<agent>', 'its id or its name')
    .option('--period <period>', 'a window that ends now, such as 24h or 7d', 'day')
    .addHelpText('after', examples('runctl agents metrics "Code Reviewer" --period 7d'))
    .action((reference: string, options: ConnectionOptions & { period: Period }) =>
      withSession(options, async (session) => {
        const id = await agentId(session, reference);
        const metrics = await session.client.agents.getMetrics(id, { period: options.period });
        if (session.json) return printJson(metrics, session.out);
        printFields(metricFields(metrics), session.out);
        if (metrics.tools.length > 0) {
          session.out.write('\n');
          printTable(toolColumns, metrics.tools, session.out);
        }
      }),
    );
}

function metricFields({ tasks, duration: took, queueWait, usage, from, to }: AgentMetrics): [string, string | null][] {
  const { completed, failed, cancelled } = tasks;
  return [
    ['window', `${from.slice(0, 16)} to ${to.slice(0, 16)} UTC`],
    ['tasks', `${tasks.total}: ${completed} completed, ${failed} failed, ${cancelled} cancelled`],
    ['success', percent(tasks.successRate)],
    ['duration', percentiles(took)],
    ['queued', percentiles(queueWait)],
    ['tokens', `${usage.inputTokens} in, ${usage.outputTokens} out`],
    ['cost', money(usage.costUsd)],
  ];
}

function percentiles({ p50Ms, p95Ms, p99Ms }: AgentMetrics['duration']): string | null {
  if (p50Ms === null) return null;
  return `half within ${duration(p50Ms)}, 95 % within ${duration(p95Ms)}, 99 % within ${duration(p99Ms)}`;
}
