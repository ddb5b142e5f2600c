import type { AgentTeam } from '@runctl/sdk';
import { Command } from 'commander';
import { examples } from '../examples-text.ts';
import type { Column } from '../print-table.ts';
import { age, statusTint } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { type ListOptions, printList, withList } from './list-options.ts';
import { withSession } from './session.ts';

const columns: Column<AgentTeam>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'name', cell: ({ name }) => name, least: 16 },
  { heading: 'status', cell: ({ status }) => status, least: 9, tint: ({ status }) => statusTint(status) },
  { heading: 'strategy', cell: ({ strategy }) => strategy },
  { heading: 'members', cell: ({ members }) => members.map(({ role }) => role).join(', ') },
  { heading: 'age', cell: ({ createdAt }) => age(createdAt), align: 'right' },
];

/** `runctl teams`. */
export function teamsCommand(): Command {
  const list = withList(command('ls').alias('list'))
    .description('List teams, newest first.')
    .option('--search <text>', 'teams with this text in their name or description')
    .addHelpText('after', examples('runctl teams ls', 'runctl tasks run "Research Team" "What is new in batteries?"'))
    .action((options: ConnectionOptions & ListOptions & { search?: string }) =>
      withSession(options, (session) =>
        printList(session, options, {
          columns,
          none: 'No teams.',
          load: (limit) => session.client.teams.iter({ limit, ...(options.search && { search: options.search }) }),
        }),
      ),
    );
  return new Command('teams').description('Agents that work together.').addCommand(list);
}
