import type { Deployment, RolloutStrategy } from '@runctl/sdk';
import { type Command, Option } from 'commander';
import { CommandFailure } from '../command-failure.ts';
import { examples } from '../examples-text.ts';
import { wholeNumber } from '../listen-options.ts';
import { printJson } from '../print-table.ts';
import { oneLine } from '../terminal-text.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { atLeastOne } from './list-options.ts';
import { agentId } from './references.ts';
import { type Session, withSession } from './session.ts';

interface RolloutOptions extends ConnectionOptions {
  replicas?: number;
  strategy?: RolloutStrategy;
  drain?: number;
  detach?: boolean;
}

function rolloutCommand(name: string): Command {
  return command(name).argument('<agent>', 'its id or its name').option('--detach', 'do not wait until it is done');
}

function strategyOption(): Option {
  return new Option('--strategy <strategy>', 'one instance at a time, or all at once').choices([
    'rolling',
    'immediate',
  ]);
}

/** `runctl agents deploy`. */
export function deployAgentCommand(): Command {
  return rolloutCommand('deploy')
    .description('Bring the current version of an agent into service.')
    .addOption(new Option('--replicas <count>', 'instances; each runs one task at a time').argParser(atLeastOne))
    .addOption(strategyOption())
    .addHelpText('after', examples('runctl agents deploy "Code Reviewer" --replicas 2'))
    .action((reference: string, options: RolloutOptions) =>
      roll(reference, options, ({ client }, id) =>
        client.agents.deploy(id, {
          ...(options.replicas !== undefined && { replicas: options.replicas }),
          ...(options.strategy && { strategy: options.strategy }),
        }),
      ),
    );
}

/** `runctl agents scale`. */
export function scaleAgentCommand(): Command {
  return rolloutCommand('scale')
    .description('Change how many instances an agent has. 0 pauses it; its tasks stay queued.')
    .argument('<replicas>', 'instances, 0 or more', (text) => wholeNumber(text, 100_000))
    .addOption(strategyOption())
    .addHelpText('after', examples('runctl agents scale "Code Reviewer" 5', 'runctl agents scale agt_... 0'))
    .action((reference: string, desiredReplicas: number, options: RolloutOptions) =>
      roll(reference, options, ({ client }, id) =>
        client.agents.scale(id, { desiredReplicas, ...(options.strategy && { strategy: options.strategy }) }),
      ),
    );
}

/** `runctl agents stop`. */
export function stopAgentCommand(): Command {
  return rolloutCommand('stop')
    .description('Take an agent out of service. Queued tasks stay queued.')
    .addOption(
      new Option('--drain <seconds>', 'what running tasks get to end')
        .default(30)
        .argParser((text) => wholeNumber(text, 86_400)),
    )
    .addHelpText('after', examples('runctl agents stop "Code Reviewer" --drain 0'))
    .action((reference: string, options: RolloutOptions) =>
      roll(reference, options, ({ client }, id) => client.agents.stop(id, { drainSeconds: options.drain ?? 30 })),
    );
}

function roll(
  reference: string,
  options: RolloutOptions,
  begin: (session: Session, id: string) => Promise<Deployment>,
): Promise<void> {
  return withSession(options, async (session) => {
    const begun = await begin(session, await agentId(session, reference));
    const last = options.detach ? begun : await deployed(session, begun);
    if (session.json) printJson(last, session.out);
    else if (options.detach) session.out.write(`${begun.id} is under way.\n`);
  });
}

/**
 * Waits until a deployment is done, and says so.
 *
 * @throws {CommandFailure} It failed.
 */
export async function deployed({ client, out, json }: Session, begun: Deployment): Promise<Deployment> {
  const done = await client.agents.waitForDeployment(begun.agentId, begun.id, { timeoutMs: 3_600_000 });
  if (done.status === 'failed') {
    const { code = 'unknown', message = 'no reason was given' } = done.error ?? {};
    throw new CommandFailure(oneLine(`The ${done.reason} of ${done.agentId} failed: ${message} (${code})`));
  }
  const { ready, desired } = done.replicas;
  if (!json) out.write(`${done.agentId} version ${done.agentVersion}: ${ready} of ${desired} instances ready.\n`);
  return done;
}
