import type { CreateTaskInput, JsonObject, Task, TaskPriority } from '@runctl/sdk';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { collected, given, givenObject, pairs } from './given.ts';
import { atLeastOne } from './list-options.ts';
import { assignee } from './references.ts';
import { type Session, withSession } from './session.ts';
import { followTask } from './task-follow.ts';

/** What is common to commands that start work and follow it. */
export interface StartOptions extends ConnectionOptions {
  detach?: boolean;
  quiet?: boolean;
}

interface RunOptions extends StartOptions {
  payload?: string;
  schema?: string;
  priority?: TaskPriority;
  label?: string[];
  timeout?: number;
  maxCost?: number;
}

/** Adds what every command takes that starts work and follows it. */
export function withStart(base: Command, work: 'task' | 'workflow' = 'task'): Command {
  return base
    .option('-d, --detach', `print the id of the ${work} and leave it to itself`)
    .option('-q, --quiet', 'print the result alone, no progress');
}

/** `runctl tasks run`. */
export function runTaskCommand(): Command {
  return withStart(command('run'))
    .description('Give work to an agent or a team, follow it, print its result. Exit code 1 where it failed.')
    .argument('<agent>', 'an agent or a team, by id or name')
    .argument('[input]', 'what is asked; - reads it from the standard input, @file from a file')
    .option('--payload <json>', 'further keys of the input as a JSON object; - and @file work too')
    .option('--schema <json>', 'JSON Schema of the result; - and @file work too')
    .addOption(
      new Option('--priority <priority>', 'its head start in the queue').choices(['low', 'normal', 'high', 'critical']),
    )
    .option('--label <key=value>', 'a label; may be given several times', collected)
    .addOption(new Option('--timeout <seconds>', 'how long it may run').argParser(atLeastOne))
    .addOption(new Option('--max-cost <usd>', 'US dollars that it may cost').argParser(dollars))
    .addHelpText(
      'after',
      examples(
        'runctl tasks run Reviewer "Is this code safe?" --payload \'{"code": "eval(x)"}\'',
        'git diff | runctl tasks run Reviewer - > review.txt',
        'runctl tasks run Clerk "Extract the invoice." --payload @invoice.json --schema @schema.json --json | jq .result',
        'ID=$(runctl tasks run Reviewer @question.txt --detach)',
      ),
    )
    .action((reference: string, input: string | undefined, options: RunOptions) =>
      withSession(options, async (session) => {
        const task = await session.client.tasks.create({
          ...(await assignee(session, reference)),
          ...(await inputOf(session, input, options)),
        } as CreateTaskInput);
        await warnWhereNobodyWorks(session, task as Task, options);
        await started(session, task as Task, options);
      }),
    );
}

/** A task of an agent that is not in service is no error, and waits for ever: whoever waits with it should know why. */
async function warnWhereNobodyWorks(
  { client, err, json }: Session,
  task: Task,
  { quiet }: StartOptions,
): Promise<void> {
  if (json || quiet || task.status !== 'queued' || task.agentId === null) return;
  const { status, replicas } = await client.agents.getById(task.agentId);
  if (replicas.desired > 0) return;
  err.write(
    `The agent is ${status}, so the task waits: \`runctl agents deploy ${task.agentId}\` brings it into service.\n`,
  );
}

/** What a command does with the task that it made: leaves it, or follows it to its end. */
export async function started(session: Session, task: Task, { detach, quiet }: StartOptions): Promise<void> {
  const { out, err, json } = session;
  if (detach) {
    if (json) printJson(task, out);
    else out.write(`${task.id}\n`);
    return;
  }
  const progress = json || quiet ? undefined : err;
  progress?.write(`${task.id}\n`);
  await followTask(session, task.id, { progress });
}

async function inputOf(session: Session, input: string | undefined, options: RunOptions) {
  if (input === '-' && (options.payload === '-' || options.schema === '-')) {
    throw new CommandFailure('Only one of the input, --payload and --schema can be read from the standard input.');
  }
  const payload: JsonObject = {
    ...(input !== undefined && { message: await given(session, input) }),
    ...(options.payload !== undefined && (await givenObject(session, options.payload, '--payload'))),
  };
  if (Object.keys(payload).length === 0) {
    throw new CommandFailure(
      'Say what is asked, as the second argument or in --payload. - reads it from the standard input.',
    );
  }
  const { schema, priority, label, timeout, maxCost } = options;
  return {
    input: { payload },
    ...(schema !== undefined && { schema: await givenObject(session, schema, '--schema') }),
    ...(priority && { priority }),
    ...(label && { labels: pairs(label, '--label') }),
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(maxCost !== undefined && { maxCostUsd: maxCost }),
  };
}

/** @throws {InvalidArgumentError} It is no amount above 0. */
function dollars(text: string): number {
  const amount = Number(text);
  if (Number.isFinite(amount) && amount > 0) return amount;
  throw new InvalidArgumentError('It must be an amount of US dollars above 0, such as 0.5.');
}
