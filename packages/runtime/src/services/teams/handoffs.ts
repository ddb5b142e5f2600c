import type { TeamHandoff } from '@runctl/teams';
import { sql } from 'kysely';
import { aggregatorOf } from '../../loops/team-roles.ts';
import type { Span } from '../period-window.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { storedTeamConfig } from '../wire/team.ts';

/**
 * Who handed work to whom. An agent that delegates hands work to whom it asks. Where nobody is in charge, the work goes
 * from member to member: in a sequence from each to the next, in parallel from all to the aggregator.
 */
export async function readHandoffs(scope: TenantScope, teamId: string, ended: Span): Promise<TeamHandoff[]> {
  const counts = new Map<string, TeamHandoff>();
  const add = (from: string, to: string, count: number) => {
    const known = counts.get(`${from} ${to}`) ?? { from, to, count: 0 };
    counts.set(`${from} ${to}`, { ...known, count: known.count + count });
  };
  for (const { from, to, count } of await delegations(scope, teamId, ended)) {
    if (from !== null && to !== null) add(from, to, count);
  }
  const turns = await coordinatedTurns(scope, teamId, ended);
  const aggregators = await readAggregators(scope, teamId, turns);
  for (const { version, before, agent, count } of turns) {
    const collected = aggregators.get(version ?? 0);
    if (agent === null) continue;
    if (collected === undefined) {
      if (before !== null) add(before, agent, count);
    } else if (agent === collected.to) {
      for (const from of collected.from) add(from, agent, count);
    }
  }
  return [...counts.values()];
}

/** Whether a task serves one that a team was given. By primary key. */
export function isHandedOutBy(teamId: string) {
  return sql<boolean>`EXISTS (SELECT 1 FROM tasks AS root WHERE root.id = tasks.root_task_id AND root.team_id = ${teamId})`;
}

/** Of agents. By tasks_handed_out. */
function delegations(scope: TenantScope, teamId: string, { from, to }: Span) {
  return scope
    .tasks()
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to)
    .where('root_task_id', 'is not', null)
    .where(isHandedOutBy(teamId))
    .select([
      sql<string | null>`(SELECT parent.agent_id FROM tasks AS parent WHERE parent.id = tasks.parent_task_id)`.as(
        'from',
      ),
      'agent_id as to',
      sql<number>`count(*)`.as('count'),
    ])
    .groupBy([sql`1`, sql`2`])
    .execute();
}

/** Members' turns in tasks that nobody is in charge of, each with the one before it. Steps by primary key. */
function coordinatedTurns(scope: TenantScope, teamId: string, { from, to }: Span) {
  const roots = scope
    .tasks()
    .select('id')
    .where('team_id', '=', teamId)
    .where('agent_id', 'is', null)
    .where('finished_at', '>=', from)
    .where('finished_at', '<', to);
  return scope
    .steps()
    .where('task_id', 'in', roots)
    .where('child_task_id', 'is not', null)
    .select([
      sql<number | null>`(SELECT root.team_version FROM tasks AS root WHERE root.id = steps.task_id)`.as('version'),
      sql<string | null>`(SELECT child.agent_id FROM steps AS turn JOIN tasks AS child ON child.id = turn.child_task_id
        WHERE turn.task_id = steps.task_id AND turn.step = steps.step - 1)`.as('before'),
      sql<string | null>`(SELECT child.agent_id FROM tasks AS child WHERE child.id = steps.child_task_id)`.as('agent'),
      sql<number>`count(*)`.as('count'),
    ])
    .groupBy([sql`1`, sql`2`, sql`3`])
    .execute();
}

/** Of each version that works in parallel: whose answers go where; nowhere where they are only collected. */
async function readAggregators(scope: TenantScope, teamId: string, turns: readonly { version: number | null }[]) {
  const versions = [...new Set(turns.flatMap(({ version }) => version ?? []))];
  if (versions.length === 0) return new Map<number, { from: string[]; to: string | undefined }>();
  const rows = await scope
    .teamVersions()
    .select(['version', 'config'])
    .where('team_id', '=', teamId)
    .where('version', 'in', versions)
    .execute();
  return new Map(
    rows.flatMap((row) => {
      const team = storedTeamConfig(row);
      if (team.strategy !== 'parallel') return [];
      const to = aggregatorOf(team)?.agentId;
      const from = team.members.map(({ agentId }) => agentId).filter((agentId) => agentId !== to);
      return [[row.version, { from, to }] as const];
    }),
  );
}
