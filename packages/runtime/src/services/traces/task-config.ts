import { firstOwnStep } from '../../engine/ancestry.ts';
import type { RunConfig } from '../../loops/loop.ts';
import { teamTaskConfig } from '../../loops/team-config.ts';
import type { TaskRow } from '../../store/schema.ts';
import { Failure, notFound } from '../failure.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { type StoredAgentConfig, storedConfig } from '../wire/agent.ts';
import { storedTeamConfig } from '../wire/team.ts';

/** What a task runs. */
export interface TaskConfig {
  /** Of the agent; null where a team works without one in charge. */
  version: number | null;
  config: RunConfig;
}

/**
 * Reads what a task runs; of a task that no worker took up, what would be run now.
 *
 * @throws {Failure} `agent_version.not_found` - the store has lost it
 */
export async function readTaskConfig(scope: TenantScope, task: TaskRow): Promise<TaskConfig> {
  const agent = task.agent_id === null ? undefined : await readAgent(scope, task, task.agent_id);
  if (task.team_id === null) {
    if (agent !== undefined) return agent;
    throw notFound('agent_version', `${task.agent_id}@${task.agent_version}`);
  }
  const team = await scope
    .teamVersions()
    .select('config')
    .where('team_id', '=', task.team_id)
    .where('version', '=', task.team_version ?? 0)
    .executeTakeFirstOrThrow();
  return { version: agent?.version ?? null, config: teamTaskConfig(storedTeamConfig(team), agent?.config) };
}

/**
 * Before the state at a step is read.
 *
 * @throws {Failure} `task.trace_removed` - of a fork: what it began with went with its steps
 */
export function checkStateKept(task: TaskRow, step: number): void {
  if (task.forked_from_task === null || task.start_state !== null || step < firstOwnStep(task)) return;
  throw new Failure('task.trace_removed', `The steps of task ${task.id} were too old and have been removed.`, {
    resource: 'task',
    resourceId: task.id,
  });
}

async function readAgent(
  scope: TenantScope,
  task: TaskRow,
  agentId: string,
): Promise<{ version: number; config: StoredAgentConfig } | undefined> {
  const versions = scope
    .agentVersions()
    .select(['version', 'config'])
    .where('agent_id', '=', agentId)
    .orderBy('version', 'desc');
  const version = task.agent_version ?? (await readDeployedVersion(scope, agentId));
  const row = await (version === null ? versions : versions.where('version', '=', version)).limit(1).executeTakeFirst();
  return row === undefined ? undefined : { version: row.version, config: storedConfig(row) };
}

async function readDeployedVersion(scope: TenantScope, agentId: string): Promise<number | null> {
  const agents = scope.agents().select('deployed_version');
  const agent = await agents.where('id', '=', agentId).executeTakeFirst();
  return agent?.deployed_version ?? null;
}
