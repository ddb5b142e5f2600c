import type { Command } from 'commander';
import { usageCommand, whoamiCommand } from './account.ts';

/** What speaks to a runtime, here or elsewhere, as anybody's program does: through the SDK, loaded when one runs. */
export function peopleCommands(): Command[] {
  return [whoamiCommand(), usageCommand()];
}
