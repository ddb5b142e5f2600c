import type { Command } from 'commander';
import { devCommand } from './dev.ts';
import { keysCommand } from './keys.ts';
import { serveCommand, workerCommand } from './serve.ts';

/** What runs a runtime and looks after it. Loading these loads the runtime, so the commands that only speak to one do not. */
export function operatorCommands(): Command[] {
  return [devCommand(), serveCommand(), workerCommand(), keysCommand()];
}
