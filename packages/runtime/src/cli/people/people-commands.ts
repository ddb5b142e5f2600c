import type { Command } from 'commander';
import { usageCommand, whoamiCommand } from './account.ts';
import { agentsCommand } from './agents.ts';
import { tasksCommand } from './tasks.ts';
import { teamsCommand } from './teams.ts';
import { workflowsCommand } from './workflows.ts';

/** What speaks to a runtime, here or elsewhere, as anybody's program does: through the SDK, loaded when one runs. */
export function peopleCommands(): Command[] {
  return [agentsCommand(), tasksCommand(), workflowsCommand(), teamsCommand(), whoamiCommand(), usageCommand()];
}
