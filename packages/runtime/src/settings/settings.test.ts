import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkSettings } from './check-settings.ts';
import { settingGroups, settings } from './settings.ts';
import { settingsAsMarkdown } from './settings-table.ts';

const sources = dirname(dirname(fileURLToPath(import.meta.url)));
const readme = join(dirname(sources), 'README.md');
const begin = '<!-- settings: written from src/settings, by pnpm settings -->\n';
const end = '<!-- /settings -->';

/** Names of variables, quoted or read as members, in the sources beside the table itself. */
function variablesOfSources(): Set<string> {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test(-rig|-entry)?\.ts$/.test(file))
    .filter((file) => !/^settings[\\/][\w-]*settings\.ts$/.test(file))
    .map((file) => join(sources, file));
  // What the commands that speak to a runtime read is read by the client.
  files.push(join(sources, '../../core/src/options/environment.ts'));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  return new Set(text.match(/(?<=['`\s.{])(?:RUNCTL|OTEL)_[A-Z_]*[A-Z]\b(?!\*)/g));
}

describe('the table of settings', () => {
  it('stands in the README as it is in the code', async () => {
    const text = readFileSync(readme, 'utf8');
    const [before, rest = ''] = text.split(begin);
    const after = rest.slice(rest.indexOf(end));
    await expect(`${before}${begin}\n${settingsAsMarkdown(settingGroups)}\n${after}`).toMatchFileSnapshot(readme);
  });

  it('names every variable that the sources name, and no other', () => {
    const named = settings.map(({ name }) => name).filter((name) => /^(RUNCTL|OTEL)_/.test(name));
    expect([...variablesOfSources()].sort()).toEqual(named.sort());
  });

  it('has an example for each that would do', () => {
    const shapes = settings.filter(({ isSecret, example }) => isSecret !== true && !example.includes(' '));
    for (const { name, example, check } of shapes) expect([name, check(example)]).toEqual([name, undefined]);
  });
});

describe('a look at the environment', () => {
  it('names the variable whose value will not do, and does not repeat a secret', () => {
    const problems = checkSettings({ RUNCTL_PORT: '70000', RUNCTL_DATABASE_URL: 'mysql://root:hunter2@db' });
    expect(problems).toEqual([
      { kind: 'bad', variable: 'RUNCTL_PORT', message: 'RUNCTL_PORT must be a whole number from 0 to 65535.' },
      {
        kind: 'bad',
        variable: 'RUNCTL_DATABASE_URL',
        message: 'RUNCTL_DATABASE_URL must be a URL that begins with postgres:// or postgresql://.',
      },
    ]);
  });

  it('asks whether another name was meant', () => {
    const [first, second] = checkSettings({ RUNCTL_SLOT: '5', RUNCTL_SOMETHING_ELSE: '1', OTHER: 'x' });
    expect(first?.message).toBe('RUNCTL_SLOT is no setting of Runctl: did you mean RUNCTL_SLOTS?');
    expect(second?.message).toContain('RUNCTL_SOMETHING_ELSE is no setting of Runctl: see runctl config');
  });
});
