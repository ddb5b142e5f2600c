import { Command, Option } from 'commander';
import { CommandFailure } from './command-failure.ts';
import { checkEgress, checkNode, checkVariables } from './doctor/check-environment.ts';
import { checkFolder } from './doctor/check-folder.ts';
import { checkPort } from './doctor/check-port.ts';
import { checkPostgres } from './doctor/check-postgres.ts';
import { checkProviders } from './doctor/check-providers.ts';
import { checkSecrets } from './doctor/check-secrets.ts';
import { type Finding, type FindingState, problem } from './doctor/finding.ts';
import { examples } from './examples-text.ts';
import { type HomeOptions, locationOf, withHome } from './home-options.ts';
import { hostOption, portOption } from './listen-options.ts';
import { type Column, printJson, printTable } from './print-table.ts';
import type { Tint } from './terminal.ts';

interface DoctorOptions extends HomeOptions {
  host: string;
  /** As it was given: what will not do is a finding. */
  port: string;
  online: boolean;
  json: boolean;
}

/** `runctl doctor`. */
export function doctorCommand(): Command {
  return withHome(new Command('doctor'))
    .description(
      'Look for what would keep a runtime from starting or working here. Changes nothing. Ends with 1 on problems.',
    )
    .addOption(unreadPortOption())
    .addOption(hostOption('127.0.0.1'))
    .option('--online', 'also ask the model providers whether they take the keys', false)
    .option('--json', 'one JSON array', false)
    .addHelpText(
      'after',
      examples(
        'runctl doctor',
        'runctl doctor --database-url postgres://runctl@db/runctl --online',
        'runctl doctor --json',
      ),
    )
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options);
      if (options.json) printJson(findings);
      else print(findings);
      if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
    });
}

/** As {@link portOption}, but that any text is taken. */
function unreadPortOption(): Option {
  const { flags, description, defaultValue } = portOption();
  return new Option(flags, description).env('RUNCTL_PORT').default(String(defaultValue));
}

async function examine(options: DoctorOptions): Promise<Finding[]> {
  const { env } = process;
  return [
    checkNode(),
    ...checkVariables(env),
    ...(await checkData(options)),
    await checkPort(options.host, options.port),
    checkEgress(env, options.databaseUrl === undefined),
    ...(await checkProviders(env, options.online)),
  ];
}

async function checkData(options: DoctorOptions): Promise<Finding[]> {
  try {
    const location = locationOf(options);
    const found = 'folder' in location ? checkFolder(location.folder) : await checkPostgres(location.databaseUrl);
    return [...found, ...(await checkSecrets(location, process.env))];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [problem('database', error.message, 'correct the address')];
  }
}

const tints: Readonly<Record<FindingState, Tint>> = { ok: 'green', warning: 'yellow', problem: 'red' };

const columns: readonly Column<Finding>[] = [
  { heading: 'check', cell: ({ check }) => check },
  { heading: 'state', cell: ({ state }) => state, tint: ({ state }) => tints[state] },
  { heading: 'found', cell: ({ found }) => found },
];

/** What there is to do stands below, whole: it has to be read, and often copied. */
function print(findings: readonly Finding[]): void {
  printTable(columns, findings);
  const open = findings.filter(({ advice }) => advice !== null);
  const lines = open.map(({ check, found, advice }) => `  ${check}: ${found}\n    -> ${advice}\n`);
  process.stdout.write(lines.length === 0 ? '\nAll is well.\n' : `\nWhat to do:\n${lines.join('')}`);
}
