import type { ApprovalRates, Rate } from '@runctl/agents';
import type { TaskError } from '@runctl/tasks';
import { sql } from 'kysely';
import type { Approval } from '../../loops/loop.ts';
import type { StepRow } from '../../store/schema.ts';
import type { Span } from '../period-window.ts';
import { isRealTaskOf } from '../statistics/tool-steps.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { rate } from './rate.ts';

/** Decisions that are looked at, the newest of the tenant. */
const mostDecisions = 2_000;

/** How people decided on an agent's tool calls. By steps_of_approvals, and for each the task by primary key. */
export async function toolCallRate(
  scope: TenantScope,
  agentId: string,
  window: Span,
): Promise<ApprovalRates['toolCalls']> {
  const newest = scope
    .steps()
    .where(sql<boolean>`kind = 'approval'`)
    .where('finished_at', '>=', window.from)
    .where('finished_at', '<', window.to)
    .where('status', 'in', ['completed', 'failed'])
    .select(['task_id', 'name', 'output', 'error'])
    .orderBy('finished_at', 'desc')
    .limit(mostDecisions);
  // Within, the limit holds the planner off from reading all of the agent's tasks first.
  const { rows } = await sql<Pick<StepRow, 'name' | 'output' | 'error'>>`
    SELECT name, output, error FROM (${newest}) AS steps WHERE ${isRealTaskOf(scope, agentId)}
  `.execute(scope.statistics().reader());
  const byTool = new Map<string, { name: string; approved: number; rejected: number }>();
  let edited = 0;
  let timedOut = 0;
  for (const { name, output, error } of rows) {
    if (error !== null) {
      // Nobody decided: in time, or before the task was cancelled.
      if ((JSON.parse(error) as TaskError).code === 'expired') timedOut += 1;
      continue;
    }
    const decision = JSON.parse(output) as Approval | null;
    if (decision === null) continue;
    const tool = byTool.get(name) ?? { name, approved: 0, rejected: 0 };
    if (decision.approved) tool.approved += 1;
    else tool.rejected += 1;
    if (decision.approved && decision.arguments !== null) edited += 1;
    byTool.set(name, tool);
  }
  const tools = [...byTool.values()].sort((a, b) => b.approved + b.rejected - (a.approved + a.rejected));
  const approved = tools.reduce((sum, tool) => sum + tool.approved, 0);
  const decided = tools.reduce((sum, tool) => sum + tool.approved + tool.rejected, 0);
  return { ...rate(approved, decided), edited, timedOut, byTool: tools };
}

/** How people judged results, all together and by version of the agent. An edited result was not approved as it was. */
export async function feedbackRates(
  scope: TenantScope,
  agentId: string,
  window: Span,
): Promise<{ all: Rate; byVersion: ReadonlyMap<number, Rate> }> {
  const rows = await scope
    .feedback()
    .where('agent_id', '=', agentId)
    .where('created_at', '>=', window.from)
    .where('created_at', '<', window.to)
    .where('simulated', '=', 0)
    .select(['agent_version', 'verdict', sql<number>`count(*)`.as('count')])
    .groupBy(['agent_version', 'verdict'])
    .execute();
  const total = { approved: 0, n: 0 };
  const versions = new Map<number, { approved: number; n: number }>();
  for (const { agent_version, verdict, count } of rows) {
    const version = versions.get(agent_version ?? 0) ?? { approved: 0, n: 0 };
    for (const sum of [total, version]) {
      sum.n += count;
      if (verdict === 'approved') sum.approved += count;
    }
    versions.set(agent_version ?? 0, version);
  }
  const byVersion = new Map([...versions].map(([version, { approved, n }]) => [version, rate(approved, n)]));
  return { all: rate(total.approved, total.n), byVersion };
}
