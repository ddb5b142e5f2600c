import { DefinitionPlans } from '../../engine/workflows/definition-plans.ts';
import type { TaskOrder } from '../../engine/workflows/step-book.ts';
import type { WriteTransaction } from '../../store/store.ts';
import { Failure } from '../failure.ts';
import { newId } from '../ids.ts';
import type { ServiceContext } from '../service-context.ts';
import { readTeamAssignment, type TeamAssignment } from '../teams/assignment.ts';
import { TenantWriteScope } from '../tenant-scope.ts';
import type { Admission, Refusal, TransitionParts } from './transition.ts';

/** What moving workflows on takes: the same for requests and for the controller. */
export function workflowTransitions(
  { quotas, now }: Pick<ServiceContext, 'quotas' | 'now'>,
  onError: (error: unknown) => void,
): TransitionParts {
  return {
    plans: new DefinitionPlans(),
    newId,
    now,
    admit: (transaction, tenantId, orders) => admit(transaction, tenantId, orders, quotas),
    onError,
  };
}

/** Tasks of a workflow count as others do; an agent may have been deleted since the definition was made. */
async function admit(
  transaction: WriteTransaction,
  tenantId: string,
  orders: readonly TaskOrder[],
  quotas: ServiceContext['quotas'],
): Promise<Admission> {
  const scope = new TenantWriteScope(tenantId, transaction);
  const ids = [...new Set(orders.flatMap(({ assignee }) => ('agentId' in assignee ? [assignee.agentId] : [])))];
  const known = await scope.workflows().knownAgents(ids);
  const refusals = new Map<string, Refusal>();
  const assignments = new Map<string, TeamAssignment>();
  const teams = new Map<string, TeamAssignment | undefined>();
  for (const { taskId, assignee } of orders) {
    if ('teamId' in assignee) {
      const { teamId } = assignee;
      const assignment = teams.has(teamId) ? teams.get(teamId) : await readTeamAssignment(scope, teamId);
      teams.set(teamId, assignment);
      if (assignment !== undefined) assignments.set(taskId, assignment);
      else refusals.set(taskId, { code: 'team.not_found', message: `There is no team ${teamId}.` });
    } else if (!known.has(assignee.agentId)) {
      refusals.set(taskId, { code: 'agent.not_found', message: `There is no agent ${assignee.agentId}.` });
    }
  }
  const count = orders.length - refusals.size;
  if (count === 0) return { refusals, assignments };
  const exceeded = await quotas.takeTasks(scope, count).then(
    () => undefined,
    (error: unknown) => quotaRefusal(error),
  );
  if (exceeded !== undefined)
    for (const { taskId } of orders) if (!refusals.has(taskId)) refusals.set(taskId, exceeded);
  return { refusals, assignments };
}

function quotaRefusal(error: unknown): Refusal {
  if (error instanceof Failure && error.code === 'quota.exceeded') return { code: error.code, message: error.message };
  throw error;
}
