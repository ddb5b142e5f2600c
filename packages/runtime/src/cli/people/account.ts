import type { Command } from 'commander';
import { examples } from '../examples-text.ts';
import { printFields, printJson } from '../print-table.ts';
import { money, ofLimit } from './cells.ts';
import { type ConnectionOptions, command } from './connection.ts';
import { withSession } from './session.ts';

/** `runctl whoami`. */
export function whoamiCommand(): Command {
  return command('whoami')
    .description('Whose key this is, and what it may do.')
    .addHelpText('after', examples('runctl whoami', 'runctl whoami --json | jq -r .tenantId'))
    .action((options: ConnectionOptions) =>
      withSession(options, async ({ client, out, json }) => {
        const who = await client.tenants.whoami();
        if (json) return printJson(who, out);
        printFields(
          [
            ['tenant', who.tenantId],
            ['user', who.userId],
            ['key', who.apiKeyId],
            ['role', who.role],
            ['scopes', who.scopes.join(', ')],
          ],
          out,
        );
      }),
    );
}

/** `runctl usage`. */
export function usageCommand(): Command {
  return command('usage')
    .description('What the tenant uses now, beside its limits, and what this billing period has cost.')
    .addHelpText('after', examples('runctl usage', 'runctl usage --json | jq .costThisPeriodUsd'))
    .action((options: ConnectionOptions) =>
      withSession(options, async ({ client, out, json }) => {
        const usage = await client.tenants.getUsage('current');
        if (json) return printJson(usage, out);
        const { limits } = usage;
        printFields(
          [
            ['agents in service', ofLimit(usage.activeAgents, limits.agents)],
            ['instances', ofLimit(usage.runningInstances, limits.replicas)],
            ['tasks running', ofLimit(usage.runningTasks, limits.concurrentTasks)],
            ['tasks queued', usage.queuedTasks],
            ['tasks today', ofLimit(usage.tasksToday, limits.tasksPerDay)],
            ['tokens today', usage.tokensToday],
            ['tokens this period', ofLimit(usage.tokensThisPeriod, limits.tokensPerMonth)],
            ['cost this period', money(usage.costThisPeriodUsd)],
            ['period', `${usage.periodStart.slice(0, 10)} to ${usage.periodEnd.slice(0, 10)}`],
          ],
          out,
        );
      }),
    );
}
