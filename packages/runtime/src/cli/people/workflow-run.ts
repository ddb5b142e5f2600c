import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { command } from './connection.ts';
import { givenObject } from './given.ts';
import { atLeastOne } from './list-options.ts';
import { definitionId } from './references.ts';
import { withSession } from './session.ts';
import { type StartOptions, withStart } from './task-run.ts';
import { followWorkflow } from './workflow-follow.ts';

interface RunOptions extends StartOptions {
  input?: string;
  definitionVersion?: number;
}

/** `runctl workflows run`. */
export function runWorkflowCommand(): Command {
  return withStart(command('run'), 'workflow')
    .description('Start a workflow, follow it, print its output. Exit code 1 where it failed.')
    .argument('<definition>', 'what is executed, by id or name')
    .argument('[input]', 'its input as a JSON object; - reads it from the standard input, @file from a file')
    .addOption(new Option('--input <json>', 'the same as an option').hideHelp())
    .option('--definition-version <number>', 'a version of the definition (default: the newest)', atLeastOne)
    .addHelpText(
      'after',
      examples(
        'runctl workflows run "Content Pipeline" \'{"topic": "AI in healthcare"}\'',
        'runctl workflows run wfd_... @input.json --json | jq .output',
      ),
    )
    .action((reference: string, argument: string | undefined, options: RunOptions) =>
      withSession(options, async (session) => {
        const { out, err, json } = session;
        const { definitionVersion: version, detach, quiet } = options;
        const input = inputOf(argument, options);
        const workflow = await session.client.workflows.execute({
          workflowDefinitionId: await definitionId(session, reference),
          ...(input !== undefined && { input: await givenObject(session, input, 'The input') }),
          ...(version !== undefined && { version }),
        });
        if (detach) {
          if (json) printJson(workflow, out);
          else out.write(`${workflow.id}\n`);
          return;
        }
        const progress = json || quiet ? undefined : err;
        progress?.write(`${workflow.id}\n`);
        await followWorkflow(session, workflow.id, { progress });
      }),
    );
}

/** @throws {CommandFailure} It is given twice. */
function inputOf(argument: string | undefined, { input }: RunOptions): string | undefined {
  if (argument !== undefined && input !== undefined) {
    throw new CommandFailure('The input is given twice: as an argument and as --input.');
  }
  return argument ?? input;
}
