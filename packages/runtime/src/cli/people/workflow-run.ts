import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { command } from './connection.ts';
import { givenObject } from './given.ts';
import { atLeastOne } from './list-options.ts';
import { definitionId } from './references.ts';
import { withSession } from './session.ts';
import { type StartOptions, withStart } from './task-run.ts';
import { followWorkflow } from './workflow-follow.ts';

/** `runctl workflows run`. */
export function runWorkflowCommand(): Command {
  return withStart(command('run'))
    .description('Start a workflow, follow it, print its output. Exit code 1 where it failed.')
    .argument('<definition>', 'what is executed, by id or name')
    .option('--input <json>', 'its input as a JSON object; - and @file work too')
    .option('--definition-version <number>', 'a version of the definition (default: the newest)', atLeastOne)
    .addHelpText(
      'after',
      examples(
        'runctl workflows run "Content Pipeline" --input \'{"topic": "AI in healthcare"}\'',
        'runctl workflows run wfd_... --input @input.json --json | jq .output',
      ),
    )
    .action((reference: string, options: StartOptions & { input?: string; definitionVersion?: number }) =>
      withSession(options, async (session) => {
        const { out, err, json } = session;
        const { input, definitionVersion: version, detach, quiet } = options;
        const workflow = await session.client.workflows.execute({
          workflowDefinitionId: await definitionId(session, reference),
          ...(input !== undefined && { input: await givenObject(session, input, '--input') }),
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
