import type { TaskRow } from '../../store/schema.ts';
import { Failure } from '../failure.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { type StoredAgentConfig, storedConfig } from '../wire/agent.ts';

/** The version of the agent that a task runs, and its configuration. */
export interface TaskConfig {
  version: number;
  config: StoredAgentConfig;
}

/** Reads the version that a task runs; of a task that no worker took up, the one that would be taken now. */
export async function readTaskConfig(scope: TenantScope, task: TaskRow): Promise<TaskConfig> {
  const versions = scope
    .agentVersions()
    .select(['version', 'config'])
    .where('agent_id', '=', task.agent_id ?? '')
    .orderBy('version', 'desc');
  const version = task.agent_version ?? (await readDeployedVersion(scope, task));
  const row = await (version === null ? versions : versions.where('version', '=', version)).limit(1).executeTakeFirst();
  if (row !== undefined) return { version: row.version, config: storedConfig(row) };
  throw new Failure('not_implemented', `Task ${task.id} has no agent, so it has no recorded states.`);
}

async function readDeployedVersion(scope: TenantScope, task: TaskRow): Promise<number | null> {
  const agents = scope.agents().select('deployed_version');
  const agent = await agents.where('id', '=', task.agent_id ?? '').executeTakeFirst();
  return agent?.deployed_version ?? null;
}
