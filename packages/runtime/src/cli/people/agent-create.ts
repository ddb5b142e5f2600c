import type { CreateAgentInput } from '@runctl/sdk';
import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { examples } from '../examples-text.ts';
import { printJson } from '../print-table.ts';
import { oneLine } from '../terminal-text.ts';
import { deployed } from './agent-rollout.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { collected, given, givenObject } from './given.ts';
import { type Session, withSession } from './session.ts';

interface CreateOptions extends ConnectionOptions {
  file?: string;
  name?: string;
  type?: string;
  provider?: string;
  model?: string;
  prompt?: string;
  tool?: string[];
  deploy?: boolean;
}

/** `runctl agents create`. */
export function createAgentCommand(): Command {
  return command('create')
    .description('Make an agent, from options, from a JSON file, or from a file with options that beat it.')
    .option('-f, --file <file>', 'JSON of the agent as the API takes it; - reads it from the standard input')
    .option('--name <name>', 'shown to people')
    .addOption(
      new Option('--type <type>', 'the loop that its tasks run (default: reactive)').choices([
        ...['reactive', 'deliberative', 'reflective', 'supervisor', 'router'],
      ]),
    )
    .option('--provider <provider>', 'who serves the model: openai, anthropic, google, ollama, simulated, ...')
    .option('--model <model>', "the provider's name of the model")
    .option('--prompt <text>', 'the instruction that precedes every task; @file reads it from a file')
    .option('--tool <name>', 'a built-in tool; may be given several times', collected)
    .option('--deploy', 'bring it into service at once, with one instance')
    .addHelpText(
      'after',
      examples(
        'runctl agents create --name Clerk --provider simulated --model auto --prompt "Be brief." --deploy',
        'runctl agents create --file agent.json --model gpt-4o-mini',
        'ID=$(runctl agents create --file agent.json --json | jq -r .id)',
      ),
    )
    .action((options: CreateOptions) =>
      withSession(options, async (session) => {
        const agent = await session.client.agents.create(await inputOf(session, options));
        const { id } = agent;
        if (!session.json) session.out.write(`${id} ${oneLine(agent.name)} is made.\n`);
        if (options.deploy) await deployed(session, await session.client.agents.deploy(id, { replicas: 1 }));
        else if (!session.json) session.err.write(`\`runctl agents deploy ${id}\` brings it into service.\n`);
        if (session.json) printJson(options.deploy ? await session.client.agents.getById(id) : agent, session.out);
      }),
    );
}

/** What is missing or of the wrong kind is for the API to say, which names every field at once. */
async function inputOf(session: Session, options: CreateOptions): Promise<CreateAgentInput> {
  const { file, name, type, provider, model, prompt, tool } = options;
  if (file === undefined && (name === undefined || provider === undefined || model === undefined)) {
    throw new CommandFailure('An agent needs --name, --provider and --model, or a --file that has them.');
  }
  const whole = file === undefined ? {} : await givenObject(session, file === '-' ? '-' : `@${file}`, '--file');
  const input = {
    type: 'reactive',
    systemPrompt: '',
    ...whole,
    ...(name !== undefined && { name }),
    ...(type !== undefined && { type }),
    ...(provider !== undefined && { modelProvider: provider }),
    ...(model !== undefined && { model }),
    ...(prompt !== undefined && { systemPrompt: await given(session, prompt) }),
    ...(tool !== undefined && { tools: tool }),
  };
  return input as unknown as CreateAgentInput;
}
