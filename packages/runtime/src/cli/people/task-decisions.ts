import type { Task } from '@runctl/sdk';
import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { given, givenObject } from './given.ts';
import { type Session, withSession } from './session.ts';

/** `runctl tasks cancel`. */
export function cancelCommand(): Command {
  return command('cancel')
    .description('End a task, and the tasks that it handed out.')
    .argument('<task>', 'its id')
    .option('--reason <text>', 'for the trace and for people')
    .addHelpText('after', examples('runctl tasks cancel tsk_... --reason "Wrong file."'))
    .action((id: string, options: ConnectionOptions & { reason?: string }) =>
      change(options, ({ client }) =>
        client.tasks.cancel(id, options.reason === undefined ? {} : { reason: options.reason }),
      ),
    );
}

/** `runctl tasks approve`. */
export function approveCommand(): Command {
  return command('approve')
    .description('Let the call of a tool run that a task waits for.')
    .argument('<task>', 'its id')
    .option('--arguments <json>', 'instead of those that the model chose; - and @file work too')
    .option('--comment <text>', 'for the trace and for people')
    .addHelpText('after', examples('runctl tasks get tsk_...', 'runctl tasks approve tsk_... --comment "Seen by Ada."'))
    .action((id: string, options: ConnectionOptions & { arguments?: string; comment?: string }) =>
      change(options, async (session) => {
        const { arguments: args, comment } = options;
        return session.client.tasks.approve(id, {
          ...(args !== undefined && { arguments: await givenObject(session, args, '--arguments') }),
          ...(comment !== undefined && { comment }),
        });
      }),
    );
}

/** `runctl tasks reject`. */
export function rejectCommand(): Command {
  return command('reject')
    .alias('deny')
    .description('Refuse the call of a tool that a task waits for. The model is told why, and goes on.')
    .argument('<task>', 'its id')
    .option('--reason <text>', 'told to the model')
    .addHelpText('after', examples('runctl tasks reject tsk_... --reason "Never delete files."'))
    .action((id: string, options: ConnectionOptions & { reason?: string }) =>
      change(options, ({ client }) =>
        client.tasks.reject(id, options.reason === undefined ? {} : { reason: options.reason }),
      ),
    );
}

/** `runctl tasks respond`. */
export function respondCommand(): Command {
  return command('respond')
    .description('Answer a task that asked a person.')
    .argument('<task>', 'its id')
    .argument('<answer>', 'the answer as text; - reads it from the standard input, @file from a file')
    .option('--as-json', 'the answer is JSON, for a question that asks for more than text')
    .addHelpText(
      'after',
      examples(
        'runctl tasks respond tsk_... "The blue one."',
        'runctl tasks respond tsk_... \'{"pick": 2}\' --as-json',
      ),
    )
    .action((id: string, answer: string, options: ConnectionOptions & { asJson?: boolean }) =>
      change(options, async (session) =>
        session.client.tasks.respond(id, {
          answer: options.asJson ? await givenObject(session, answer, 'The answer') : await given(session, answer),
        }),
      ),
    );
}

function change(options: ConnectionOptions, work: (session: Session) => Promise<Task>): Promise<void> {
  return withSession(options, async (session) => {
    const task = await work(session);
    if (session.json) printJson(task, session.out);
    else session.out.write(`${task.id} is ${task.status}.\n`);
  });
}
