import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { givenJson } from './given.ts';
import { withSession } from './session.ts';

/** `runctl workflows cancel`. */
export function cancelWorkflowCommand(): Command {
  return command('cancel')
    .description('End a workflow and the tasks that it runs.')
    .argument('<workflow>', 'its id')
    .option('--reason <text>', 'for people')
    .addHelpText('after', examples('runctl workflows cancel wfl_...'))
    .action((id: string, options: ConnectionOptions & { reason?: string }) =>
      withSession(options, async ({ client, out, json }) => {
        const { reason } = options;
        const workflow = await client.workflows.cancel(id, reason === undefined ? {} : { reason });
        if (json) printJson(workflow, out);
        else out.write(`${workflow.id} is ${workflow.status}.\n`);
      }),
    );
}

/** `runctl workflows approve`. */
export function approveStepCommand(): Command {
  return command('approve')
    .description('Let a workflow go on that waits at an approval step.')
    .argument('<workflow>', 'its id')
    .argument('<step>', 'the step that waits')
    .option('--comment <text>', 'for people')
    .option('--output <json>', "the step's output; - and @file work too")
    .addHelpText('after', examples('runctl workflows approve wfl_... review --comment "Well written."'))
    .action((id: string, stepId: string, options: ConnectionOptions & { comment?: string; output?: string }) =>
      withSession(options, async (session) => {
        const { comment, output } = options;
        const step = await session.client.workflows.approveStep(id, stepId, {
          ...(comment !== undefined && { comment }),
          ...(output !== undefined && { output: await givenJson(session, output, '--output') }),
        });
        if (session.json) printJson(step, session.out);
        else session.out.write(`${step.stepId} is ${step.status}.\n`);
      }),
    );
}

/** `runctl workflows reject`. */
export function rejectStepCommand(): Command {
  return command('reject')
    .alias('deny')
    .description('Fail an approval step that a workflow waits at.')
    .argument('<workflow>', 'its id')
    .argument('<step>', 'the step that waits')
    .option('--reason <text>', "becomes the message of the step's error")
    .addHelpText('after', examples('runctl workflows reject wfl_... review --reason "No sources."'))
    .action((id: string, stepId: string, options: ConnectionOptions & { reason?: string }) =>
      withSession(options, async ({ client, out, json }) => {
        const { reason } = options;
        const step = await client.workflows.rejectStep(id, stepId, reason === undefined ? {} : { reason });
        if (json) printJson(step, out);
        else out.write(`${step.stepId} is ${step.status}.\n`);
      }),
    );
}
