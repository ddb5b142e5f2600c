import type { ForkOptions, RunctlApiError, SnapshotOverrides } from '@runctl/sdk';
import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { examples } from '../examples-text.ts';
import { oneLine } from '../terminal-text.ts';
import { command } from './connection.ts';
import { collected, given, pair } from './given.ts';
import { atLeastOne } from './list-options.ts';
import { type Session, withSession } from './session.ts';
import { type StartOptions, started, withStart } from './task-run.ts';

const texts = ['prompt', 'systemPrompt', 'modelProvider', 'model'] as const;

/** `runctl tasks fork`. */
export function forkCommand(): Command {
  return withStart(command('fork'))
    .description('Run a task anew from one of its steps, with something changed. The task itself is never touched.')
    .argument('<task>', 'its id')
    .requiredOption('--at <step>', 'the first step to execute anew, from 1', atLeastOne)
    .option(
      '--set <key=value>',
      `change prompt, systemPrompt, model, modelProvider or memory.<key> (JSON, or text); may be given several times, @file works`,
      collected,
    )
    .addOption(
      new Option(
        '--side-effects <mode>',
        'calls of tools that the task has made: give their recorded answers, run again, or fail where they are new',
      ).choices(['reuse', 'execute', 'block']),
    )
    .addHelpText(
      'after',
      examples(
        'runctl tasks fork tsk_... --at 2 --set prompt="In one line: is it safe?"',
        'runctl tasks fork tsk_... --at 1 --set model=gpt-4o --set modelProvider=openai --detach',
        'runctl tasks fork tsk_... --at 3 --set memory.tone=\'"formal"\' --side-effects execute',
      ),
    )
    .action((id: string, options: StartOptions & ForkOptions & { at: number; set?: string[] }) =>
      withSession(options, async (session) => {
        const { at, set = [], sideEffects } = options;
        const changes = await changesOf(session, set);
        const fork = await session.client.tasks
          .fork(id, at, changes, sideEffects && { sideEffects })
          .catch((error: unknown) => {
            throw aboutOption(at, error);
          });
        await started(session, fork, options);
      }),
    );
}

/** A step that the task cannot be forked at is what `--at` says, not a field of a request that nobody has seen. */
function aboutOption(at: number, error: unknown): unknown {
  const { details = [] } = error as Partial<RunctlApiError>;
  const issue = details.find(({ path }) => path === '/step');
  return issue === undefined ? error : new CommandFailure(oneLine(`--at ${at}: ${issue.message}`));
}

async function changesOf(session: Session, sets: readonly string[]): Promise<SnapshotOverrides> {
  const changes: SnapshotOverrides = {};
  for (const each of sets) {
    const [key, argument] = pair(each, '--set');
    const value = argument.startsWith('@') ? await given(session, argument) : argument;
    const text = texts.find((name) => name === key);
    if (text !== undefined) changes[text] = value;
    else if (/^memory\../.test(key))
      changes.memory = { ...changes.memory, [key.slice('memory.'.length)]: asJson(value) };
    else throw new CommandFailure(`--set knows ${texts.join(', ')} and memory.<key>, not ${JSON.stringify(key)}.`);
  }
  return changes;
}

/** JSON where it is some, else the text itself. */
function asJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
