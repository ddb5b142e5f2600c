#!/usr/bin/env node
import { Command } from 'commander';
import { runtimeVersion } from '../version.ts';
import { CommandFailure } from './command-failure.ts';
import { peopleCommands } from './people/people-commands.ts';
import { keepHeapSmall } from './small-heap.ts';

if (process.argv[2] === 'dev') keepHeapSmall();

const forPeople = peopleCommands();
const isForPeople = forPeople.some((command) => command.name() === process.argv[2]);
const forOperators = isForPeople ? [] : (await import('./operator-commands.ts')).operatorCommands();

const program = new Command('runctl')
  .description('Runctl, self-hosted: a runtime and scheduler for AI agents')
  .version(runtimeVersion)
  .showHelpAfterError('runctl --help lists the commands.');
for (const command of forOperators) program.addCommand(command.helpGroup('Run a runtime:'));
for (const command of forPeople) program.addCommand(command.helpGroup('Use a runtime:'));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommandFailure)) throw error;
  process.stderr.write(`runctl: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
