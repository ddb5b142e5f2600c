#!/usr/bin/env node
import { Command } from 'commander';
import { runtimeVersion } from '../version.ts';
import { CommandFailure } from './command-failure.ts';
import { devCommand } from './dev.ts';
import { keysCommand } from './keys.ts';
import { serveCommand, workerCommand } from './serve.ts';

const program = new Command('runctl')
  .description('Runctl, self-hosted: a runtime and scheduler for AI agents')
  .version(runtimeVersion)
  .addCommand(devCommand())
  .addCommand(serveCommand())
  .addCommand(workerCommand())
  .addCommand(keysCommand())
  .showHelpAfterError();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandFailure)) throw error;
  process.stderr.write(`runctl: ${error.message}\n`);
  process.exitCode = 1;
}
