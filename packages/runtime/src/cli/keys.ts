import type { ApiKey, CreateApiKeyInput } from '@runctl/tenants';
import { Command, Option } from 'commander';
import { createApiKeyInput } from '../http/schemas/tenants.ts';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { checkedInput } from './checked-input.ts';
import { examples } from './examples-text.ts';
import { type HomeOptions, inHome, withHome } from './home-options.ts';
import { wholeNumber } from './listen-options.ts';
import { type Column, printJson, printTable } from './print-table.ts';

interface KeyOptions extends HomeOptions {
  tenant?: string;
  json: boolean;
}

interface CreateOptions extends KeyOptions {
  role: 'owner' | 'admin' | 'member' | 'viewer';
  scope?: CreateApiKeyInput['scopes'];
  expiresInDays?: number;
}

/** `runctl keys`. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('Make, list and revoke API keys at the data itself; a runtime may be running on it.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return ofTenant(new Command('create'))
    .description('Make an API key. It is printed once, and kept as a hash.')
    .argument('[name]', 'what the key is for', 'cli')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['owner', 'admin', 'member', 'viewer']).default('owner'),
    )
    .addOption(
      new Option('--scope <scope...>', 'what it may reach; all that the role may unless named').choices([
        ...['read', 'agents', 'tasks', 'billing', 'admin'],
      ]),
    )
    .addOption(
      new Option('--expires-in-days <days>', 'of no use after so many days; it never ends unless named').argParser(
        (text) => wholeNumber(text, 3_650),
      ),
    )
    .addHelpText(
      'after',
      examples(
        'runctl keys create ci --role member --scope read tasks --expires-in-days 90',
        'KEY=$(runctl keys create)',
      ),
    )
    .action((name: string, options: CreateOptions) =>
      inHome(options, async (home) => {
        const { role, scope: scopes, expiresInDays } = options;
        const input = checkedInput(createApiKeyInput, {
          name,
          role,
          ...(scopes === undefined ? {} : { scopes }),
          ...(expiresInDays === undefined ? {} : { expiresInDays }),
        });
        const accounts = new OperatorAccounts(home);
        const created = await accounts.createKey(options.tenant ?? (await accounts.onlyTenantId()), input);
        if (options.json) printJson(created);
        else process.stdout.write(`${created.key}\n`);
      }),
    );
}

const columns: readonly Column<ApiKey>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'name', cell: ({ name }) => name },
  { heading: 'begins', cell: ({ prefix }) => prefix },
  { heading: 'role', cell: ({ role }) => role },
  { heading: 'scopes', cell: ({ scopes }) => scopes.join(' ') },
  { heading: 'last used', cell: ({ lastUsedAt }) => lastUsedAt },
  { heading: 'state', cell: stateOf, tint: (key) => (stateOf(key) === 'good' ? 'green' : 'dim') },
];

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (expiresAt === null) return 'good';
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt}` : `good until ${expiresAt}`;
}

function listCommand(): Command {
  return ofTenant(new Command('list'))
    .description('List the API keys of a tenant, newest first, without the keys themselves.')
    .addHelpText(
      'after',
      examples('runctl keys list', 'runctl keys list --json | jq -r ".[] | select(.revokedAt == null).id"'),
    )
    .action((options: KeyOptions) =>
      inHome(options, async (home) => {
        const accounts = new OperatorAccounts(home);
        const keys = await accounts.listKeys(options.tenant ?? (await accounts.onlyTenantId()));
        if (options.json) printJson(keys);
        else printTable(columns, keys);
      }),
    );
}

function revokeCommand(): Command {
  return ofTenant(new Command('revoke'))
    .description('Revoke an API key for ever. Runtimes refuse it within two seconds.')
    .argument('<id>', 'its id, as runctl keys list has it')
    .addHelpText('after', examples('runctl keys revoke key_01K0000000000000000000000'))
    .action((keyId: string, options: KeyOptions) =>
      inHome(options, async (home) => {
        const accounts = new OperatorAccounts(home);
        const revoked = await accounts.revokeKey(options.tenant ?? (await accounts.onlyTenantId()), keyId);
        if (options.json) printJson(revoked);
        else process.stdout.write(`${revoked.name} (${revoked.id}) is revoked since ${revoked.revokedAt}.\n`);
      }),
    );
}

function ofTenant(command: Command): Command {
  return withHome(command)
    .option('--tenant <id>', 'whose; not needed while there is only one tenant')
    .option('--json', 'one JSON value', false);
}
