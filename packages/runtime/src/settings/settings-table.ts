import type { Setting, SettingGroup } from './setting.ts';

/** The groups as tables in Markdown. */
export function settingsAsMarkdown(groups: readonly SettingGroup[]): string {
  return groups.map(({ title, settings }) => [`**${title}**`, '', ...table(settings), ''].join('\n')).join('\n');
}

function table(settings: readonly Setting[]): string[] {
  return [
    '| variable | what it sets | default | example |',
    '|---|---|---|---|',
    ...settings.map((setting) => {
      const sets = `${setting.sets}${setting.isSecret === true ? ' (secret)' : ''}`;
      return `| \`${setting.name}\` | ${sets} | ${setting.default ?? ''} | \`${setting.example}\` |`;
    }),
  ];
}
