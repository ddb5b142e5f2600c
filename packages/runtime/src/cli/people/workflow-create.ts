import type { CreateWorkflowDefinitionInput } from '@runctl/sdk';
import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { oneLine } from '../terminal-text.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { givenObject } from './given.ts';
import { withSession } from './session.ts';

/** `runctl workflows create`. */
export function createWorkflowCommand(): Command {
  return command('create')
    .description('Make a definition of a workflow from a JSON file: a name and its steps.')
    .requiredOption(
      '-f, --file <file>',
      'JSON of the definition as the API takes it; - reads it from the standard input',
    )
    .addHelpText(
      'after',
      examples(
        'runctl workflows create --file pipeline.json',
        'echo \'{"name": "Sign", "pattern": "sequential", "steps": [{"stepId": "sign", "name": "Sign", "type": "approval", "prompt": "Go?"}]}\' | runctl workflows create --file -',
        'ID=$(runctl workflows create --file pipeline.json --json | jq -r .id)',
      ),
    )
    .action((options: ConnectionOptions & { file: string }) =>
      withSession(options, async (session) => {
        const { client, out, err, json } = session;
        const given = await givenObject(session, options.file === '-' ? '-' : `@${options.file}`, '--file');
        // What is missing or of the wrong kind is for the API to say, which names every field at once.
        const input = given as unknown as CreateWorkflowDefinitionInput;
        const definition = await client.workflowDefinitions.create(input);
        if (json) return printJson(definition, out);
        out.write(`${definition.id} ${oneLine(definition.name)} is made.\n`);
        err.write(`\`runctl workflows run ${definition.id}\` starts it.\n`);
      }),
    );
}
