import { Command } from 'commander';
import { resealSecrets } from '../store/reseal-secrets.ts';
import { readSecretBox } from '../store/secret-box.ts';
import { CommandFailure } from './command-failure.ts';
import { examples } from './examples-text.ts';
import { type HomeOptions, inHome, withHome } from './home-options.ts';
import { printJson } from './print-table.ts';

interface SecretsOptions extends HomeOptions {
  json: boolean;
}

/** `runctl secrets`. */
export function secretsCommand(): Command {
  return new Command('secrets')
    .description(
      'Look after the secrets that RUNCTL_SECRETS_KEY seals in the data itself; runtimes may be running on it.',
    )
    .addCommand(resealCommand());
}

function resealCommand(): Command {
  return withHome(new Command('reseal'))
    .description(
      'Seal every secret with the first key of RUNCTL_SECRETS_KEY. Every runtime must have that key already. ' +
        'What is sealed with it is left as it is, so that it may be run again.',
    )
    .option('--json', 'one JSON value', false)
    .addHelpText('after', examples('RUNCTL_SECRETS_KEY="$NEW,$OLD" runctl secrets reseal'))
    .action((options: SecretsOptions) =>
      inHome(options, async (home) => {
        const box = readSecretBox(process.env);
        if (box === undefined) {
          throw new CommandFailure('RUNCTL_SECRETS_KEY is not set: there is no key to seal with.');
        }
        const sealed = await resealSecrets(home, box, (column, count) =>
          process.stderr.write(`runctl: ${column}: ${count} sealed\n`),
        );
        if (options.json) printJson({ sealed });
        else process.stdout.write(`Every secret is sealed with the first key; ${sealed} were not before.\n`);
      }),
    );
}
