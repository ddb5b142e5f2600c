import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../../store/store.ts';
import { AccountScope, AccountWriteScope } from '../accounts/account-scope.ts';
import { idAt } from '../ids.ts';

// What agents and workflows tell goes with time; the last event of each stays, from which its sequence goes on. The
// events of tasks go with their traces.

/** How long lines of logs are kept, milliseconds. */
const logsKeptMs = 7 * 24 * 60 * 60 * 1_000;
const agentsAtOnce = 200;

type Door = ReturnType<Store['ofTenant']>;

/** Removes old events of agents and of workflows that have ended, and old lines of agents' logs, a bite at a time. */
export async function removeOldEvents(door: Door, tenantId: string, before: number, now: number): Promise<void> {
  const account = new AccountScope(tenantId, door.query);
  const oldestLine = idAt('evt', now - logsKeptMs);
  for (const agentId of await agentIds(account)) {
    await inBites(door, tenantId, (writing) => writing.removeEvents(agentId, before));
    await inBites(door, tenantId, (writing) => writing.removeAgentLogs(agentId, oldestLine));
  }
  for (;;) {
    const workflows = await account.workflowsWithEvents(before).limit(agentsAtOnce).execute();
    for (const { id } of workflows) {
      await inBites(door, tenantId, (writing) => writing.removeEvents(id, before));
    }
    if (workflows.length < agentsAtOnce) return;
    await nextTurn();
  }
}

/** Deleted ones too: their lines and events are kept as long as those of others. */
async function agentIds(account: AccountScope): Promise<string[]> {
  const rows = await account.allAgents().select('agents.id').execute();
  return rows.map(({ id }) => id);
}

async function inBites(
  door: Door,
  tenantId: string,
  bite: (writing: AccountWriteScope) => Promise<boolean>,
): Promise<void> {
  while (await door.write(({ query }) => bite(new AccountWriteScope(tenantId, query)))) await nextTurn();
}
