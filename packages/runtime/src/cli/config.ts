import { Command } from 'commander';
import type { Setting } from '../settings/setting.ts';
import { settingGroups, settings } from '../settings/settings.ts';
import { endWhenNobodyReads } from './closed-pipe.ts';
import { type Column, printJson, printTable } from './print-table.ts';

/** `runctl config`. */
export function configCommand(): Command {
  return new Command('config')
    .description('List every environment variable that Runctl reads: what it sets, and whether it is set here.')
    .option('--json', 'one JSON array', false)
    .addHelpText('after', '\nExamples:\n  runctl config\n  runctl config --json | jq -r ".[].name"')
    .hook('preAction', endWhenNobodyReads)
    .action(({ json }: { json: boolean }) => {
      if (json) printJson(settings.map((setting) => described(setting, process.env[setting.name])));
      else printGroups();
    });
}

/** A setting and what it is here. A secret is `***` where it is set. */
function described(setting: Setting, value = '') {
  const shown = setting.isSecret === true ? '***' : value;
  return {
    name: setting.name,
    value: value === '' ? null : shown,
    sets: setting.sets,
    default: setting.default ?? null,
    example: setting.example,
    secret: setting.isSecret === true,
  };
}

const columns: readonly Column<ReturnType<typeof described>>[] = [
  { heading: 'variable', cell: ({ name }) => name, whole: true },
  { heading: 'here', cell: ({ value }) => value },
  { heading: 'default', cell: (row) => row.default },
  { heading: 'sets', cell: ({ sets }) => sets.replaceAll('`', '') },
];

function printGroups(): void {
  for (const { title, settings: members } of settingGroups) {
    process.stdout.write(`\n${title}\n`);
    printTable(
      columns,
      members.map((setting) => described(setting, process.env[setting.name])),
    );
  }
}
