import type { Tenant, TenantLimits } from '@runctl/tenants';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createTenantInput } from '../http/schemas/tenants.ts';
import { OperatorAccounts } from '../services/operator-accounts.ts';
import { countTenantRows, deleteTenant } from '../store/operator/delete-tenant.ts';
import type { OperatorHome } from '../store/operator/operator-home.ts';
import { checkedInput } from './checked-input.ts';
import { CommandFailure } from './command-failure.ts';
import { examples } from './examples-text.ts';
import { type HomeOptions, inHome, withHome } from './home-options.ts';
import { type Column, printFields, printJson, printTable } from './print-table.ts';

interface TenantOptions extends HomeOptions {
  json: boolean;
}

/** `runctl tenants`. */
export function tenantsCommand(): Command {
  return new Command('tenants')
    .description('Make and look after tenants at the data itself; a runtime may be running on it.')
    .addCommand(listCommand())
    .addCommand(createCommand())
    .addCommand(limitsCommand())
    .addCommand(statusCommand('suspend', 'suspended', 'Stop a tenant: reads work, nothing else does, no task goes on.'))
    .addCommand(statusCommand('resume', 'active', 'Let a suspended tenant go on.'))
    .addCommand(signingSecretCommand())
    .addCommand(deleteCommand());
}

function command(name: string): Command {
  return withHome(new Command(name)).option('--json', 'one JSON value', false);
}

/** A command about one tenant, which prints what `work` answers with. */
function aboutOne<Options extends TenantOptions>(
  base: Command,
  work: (accounts: OperatorAccounts, tenantId: string, options: Options, home: OperatorHome) => Promise<void>,
): Command {
  return base
    .argument('<id>', 'its id, as runctl tenants list has it')
    .action((tenantId: string, options: Options) =>
      inHome(options, (home) => work(new OperatorAccounts(home), tenantId, options, home)),
    );
}

const limitColumns: readonly Column<Tenant>[] = [
  { heading: 'agents', cell: ({ limits }) => limits.agents, align: 'right' },
  { heading: 'running', cell: ({ limits }) => limits.concurrentTasks, align: 'right' },
  { heading: 'tasks/day', cell: ({ limits }) => limits.tasksPerDay, align: 'right' },
  { heading: 'tokens/month', cell: ({ limits }) => limits.tokensPerMonth, align: 'right' },
  { heading: 'requests/min', cell: ({ limits }) => limits.requestsPerMinute, align: 'right' },
];

const columns: readonly Column<Tenant>[] = [
  { heading: 'id', cell: ({ id }) => id, whole: true },
  { heading: 'name', cell: ({ name }) => name },
  { heading: 'status', cell: ({ status }) => status, tint: ({ status }) => (status === 'active' ? 'green' : 'yellow') },
  { heading: 'created', cell: ({ createdAt }) => createdAt.slice(0, 10) },
  ...limitColumns,
];

function listCommand(): Command {
  return command('list')
    .description('List the tenants, newest first, with their limits.')
    .addHelpText('after', examples('runctl tenants list', 'runctl tenants list --json | jq -r ".[].id"'))
    .action((options: TenantOptions) =>
      inHome(options, async (home) => {
        const tenants = await new OperatorAccounts(home).listTenants();
        if (options.json) printJson(tenants);
        else printTable(columns, tenants);
      }),
    );
}

function createCommand(): Command {
  return command('create')
    .description("Make a tenant, its first owner, and the owner's API key, which is printed once.")
    .argument('<name>', 'shown to people')
    .requiredOption('--owner-email <address>', 'of its first owner')
    .addHelpText('after', examples('runctl tenants create "Acme" --owner-email ada@acme.example'))
    .action((name: string, options: TenantOptions & { ownerEmail: string }) =>
      inHome(options, async (home) => {
        const input = checkedInput(createTenantInput, { name, ownerEmail: options.ownerEmail });
        const created = await new OperatorAccounts(home).createTenant(input);
        if (options.json) printJson(created);
        else
          printFields([
            ['tenant', created.id],
            ['name', created.name],
            ['API key', `${created.apiKey}   (shown once)`],
          ]);
      }),
    );
}

/** What is written on the command line; commander cannot carry a null. */
type GivenLimits = Partial<Record<keyof TenantLimits, number | 'none'>>;

function limit(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number, or none.');
}

const limitOptions: Readonly<Record<keyof TenantLimits, string>> = {
  agents: 'agents',
  replicas: 'instances of all agents together',
  concurrentTasks: 'tasks that run at once',
  tasksPerDay: 'tasks created between midnights, UTC',
  tokensPerMonth: 'tokens in a billing period',
  requestsPerMinute: 'requests of one key in a minute',
};

function limitsCommand(): Command {
  const base = command('limits')
    .description('Show what a tenant may use at most, or set it. A limit that is not named stays; none removes it.')
    .addHelpText('after', examples('runctl tenants limits tnt_01K... --tasks-per-day 500 --concurrent-tasks none'));
  for (const [name, of] of Object.entries(limitOptions)) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    base.addOption(new Option(`--${flag} <number>`, of).argParser(limit));
  }
  return aboutOne<TenantOptions & GivenLimits>(base, async (accounts, tenantId, options) => {
    const names = Object.keys(limitOptions) as (keyof TenantLimits)[];
    const given = names.filter((name) => options[name] !== undefined);
    const change = Object.fromEntries(given.map((name) => [name, options[name] === 'none' ? null : options[name]]));
    const { limits } = given.length > 0 ? await accounts.setLimits(tenantId, change) : await accounts.tenant(tenantId);
    if (options.json) printJson(limits);
    else printFields(names.map((name) => [limitOptions[name], limits[name] ?? 'no limit']));
  });
}

function statusCommand(name: string, status: Tenant['status'], description: string): Command {
  const base = command(name)
    .description(`${description} Binds runtimes within two seconds.`)
    .addHelpText('after', examples(`runctl tenants ${name} tnt_01K...`));
  return aboutOne(base, async (accounts, tenantId, { json }) => {
    const tenant = await accounts.setStatus(tenantId, status);
    if (json) printJson(tenant);
    else process.stdout.write(`${tenant.name} (${tenant.id}) is ${tenant.status}.\n`);
  });
}

function signingSecretCommand(): Command {
  const base = command('signing-secret')
    .description("Print the secret that signs what a tenant's HTTP tools receive; give it to who verifies them.")
    .option('--rotate', 'make a new one first; from then on the old one signs nothing', false)
    .addHelpText(
      'after',
      examples('runctl tenants signing-secret tnt_01K...', 'runctl tenants signing-secret tnt_01K... --rotate'),
    );
  return aboutOne<TenantOptions & { rotate: boolean }>(base, async (accounts, tenantId, { json, rotate }) => {
    const secret = await (rotate ? accounts.rotateSigningSecret(tenantId) : accounts.signingSecret(tenantId));
    if (json) printJson({ tenantId, signingSecret: secret });
    else process.stdout.write(`${secret}\n`);
  });
}

function deleteCommand(): Command {
  const base = command('delete')
    .description('Delete a tenant and every row of it, for ever: agents, tasks, traces, usage, its audit log too.')
    .option('--yes', 'really do it; without it, only what would go is listed', false)
    .addHelpText('after', examples('runctl tenants delete tnt_01K...', 'runctl tenants delete tnt_01K... --yes'));
  return aboutOne<TenantOptions & { yes: boolean }>(base, async (accounts, tenantId, { json, yes }, home) => {
    const { name } = await accounts.tenant(tenantId);
    if (!yes) {
      const rows = [...(await countTenantRows(home, tenantId))].map(([table, count]) => ({ table, rows: count }));
      if (json) printJson(rows);
      else
        printTable(
          [
            { heading: 'table', cell: (row) => row.table },
            { heading: 'rows', cell: (row) => row.rows, align: 'right' },
          ],
          rows,
        );
      throw new CommandFailure(`Nothing is deleted yet. To delete ${name} (${tenantId}) for ever, add --yes.`);
    }
    const deleted = await deleteTenant(home, tenantId, {
      now: Date.now(),
      onProgress: (table, count) => process.stderr.write(`runctl: ${table}: ${count} rows deleted\n`),
    });
    if (json) printJson({ tenantId, deletedRows: deleted });
    else process.stdout.write(`${name} (${tenantId}) is deleted, with ${deleted} rows.\n`);
  });
}
