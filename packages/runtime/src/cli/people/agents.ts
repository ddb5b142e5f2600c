import type { Agent, AgentStatus, AgentType } from '@runctl/sdk';
import { Command, Option } from 'commander';
import { examples } from '../examples-text.ts';
import { type Column, printFields, printJson } from '../print-table.ts';
import { createAgentCommand } from './agent-create.ts';
import { agentLogsCommand, agentMetricsCommand } from './agent-insight.ts';
import { deployAgentCommand, scaleAgentCommand, stopAgentCommand } from './agent-rollout.ts';
import { age, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { type ListOptions, printList, withList } from './list-options.ts';
import { agentId } from './references.ts';
import { withSession } from './session.ts';

const columns: Column<Agent>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'name', cell: ({ name }) => name, least: 16 },
  { heading: 'status', cell: ({ status }) => status, least: 9, tint: ({ status }) => statusTint(status) },
  { heading: 'ready', cell: ({ replicas }) => `${replicas.ready}/${replicas.desired}`, align: 'right' },
  { heading: 'type', cell: ({ type }) => type, least: 8 },
  { heading: 'model', cell: ({ modelProvider, model }) => `${modelProvider}/${model}` },
  { heading: 'age', cell: ({ createdAt }) => age(createdAt), align: 'right' },
];

/** `runctl agents`. */
export function agentsCommand(): Command {
  return new Command('agents')
    .description('Make agents, bring them into service, see how they do.')
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(createAgentCommand())
    .addCommand(deployAgentCommand())
    .addCommand(scaleAgentCommand())
    .addCommand(stopAgentCommand())
    .addCommand(agentLogsCommand())
    .addCommand(agentMetricsCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  return withList(command('ls').alias('list'))
    .description('List agents, newest first.')
    .addOption(
      new Option('--status <status...>', 'agents of this status').choices([
        ...['draft', 'deploying', 'running', 'degraded', 'stopping', 'stopped', 'failed'],
      ]),
    )
    .addOption(
      new Option('--type <type>', 'agents of this type').choices([
        ...['reactive', 'deliberative', 'reflective', 'supervisor', 'router'],
      ]),
    )
    .option('--search <text>', 'agents with this text in their name or description')
    .addHelpText(
      'after',
      examples('runctl agents ls --status running', "runctl agents ls --all --json | jq -r '.[].id'"),
    )
    .action(
      (options: ConnectionOptions & ListOptions & { status?: AgentStatus[]; type?: AgentType; search?: string }) =>
        withSession(options, (session) => {
          const { status, type, search } = options;
          return printList(session, options, {
            columns,
            none: 'No agents. `runctl agents create` makes one.',
            load: (limit) =>
              session.client.agents.iter({
                limit,
                ...(status && { status }),
                ...(type && { type }),
                ...(search && { search }),
              }),
          });
        }),
    );
}

function getCommand(): Command {
  return command('get')
    .description('Show one agent.')
    .argument('<agent>', 'its id or its name')
    .addHelpText('after', examples('runctl agents get "Code Reviewer"', 'runctl agents get agt_... --json'))
    .action((reference: string, options: ConnectionOptions) =>
      withSession(options, async (session) => {
        const agent = await session.client.agents.getById(await agentId(session, reference));
        if (session.json) return printJson(agent, session.out);
        printFields(fieldsOf(agent), session.out);
      }),
    );
}

function fieldsOf(agent: Agent): [string, string | number | null][] {
  const { limits, replicas } = agent;
  return [
    ['id', agent.id],
    ['name', agent.name],
    ['description', agent.description],
    ['status', `${agent.status}, ${replicas.ready} of ${replicas.desired} ready`],
    ['type', agent.type],
    ['model', `${agent.modelProvider}/${agent.model}`],
    ['instruction', agent.systemPrompt],
    ['tools', agent.tools.map((tool) => (typeof tool === 'string' ? tool : tool.name)).join(', ')],
    ['limits', `${limits.maxSteps} steps, ${limits.taskTimeoutSeconds} s, ${cost(limits.maxCostUsdPerTask)}`],
    [
      'labels',
      Object.entries(agent.labels)
        .map((entry) => entry.join('='))
        .join(', '),
    ],
    ['version', agent.version],
    ['created', agent.createdAt],
    ['changed', agent.updatedAt],
  ];
}

function cost(limit: number | null): string {
  return limit === null ? 'any cost' : `$${limit} a task`;
}

function deleteCommand(): Command {
  return command('delete')
    .alias('rm')
    .description('Delete an agent that is not in service. Its tasks and their traces stay.')
    .argument('<agent>', 'its id or its name')
    .addHelpText('after', examples('runctl agents stop Reviewer && runctl agents delete Reviewer'))
    .action((reference: string, options: ConnectionOptions) =>
      withSession(options, async (session) => {
        const deleted = await session.client.agents.delete(await agentId(session, reference));
        if (session.json) return printJson(deleted, session.out);
        session.out.write(`${deleted.id} is deleted.\n`);
      }),
    );
}
