import { DefinitionPlans } from '../../engine/workflows/definition-plans.ts';
import type { TaskOrder } from '../../engine/workflows/step-book.ts';
import { Failure } from '../failure.ts';
import { newId } from '../ids.ts';
import type { ServiceContext } from '../service-context.ts';
import { readTeamAssignment, type TeamAssignment } from '../teams/assignment.ts';
import { TenantWriteScope } from '../tenant-scope.ts';
import { StepMemory } from './step-memory.ts';
import type { Admission, Refusal, TransitionParts } from './transition-parts.ts';

/** What moving workflows on takes: the same for requests and for the controller. */
export function workflowTransitions(
  { quotas, now }: Pick<ServiceContext, 'quotas' | 'now'>,
  onError: (error: unknown) => void,
): TransitionParts {
  return {
    plans: new DefinitionPlans(now),
    memory: new StepMemory(),
    newId,
    now,
    admission: (transaction) => {
      const tenants = new Map<string, TenantAdmission>();
      return (tenantId, orders) => {
        const tenant =
          tenants.get(tenantId) ?? new TenantAdmission(new TenantWriteScope(tenantId, transaction), quotas);
        tenants.set(tenantId, tenant);
        return tenant.admit(orders);
      };
    },
    onError,
  };
}

/**
 * Tasks of a workflow count as others do; an agent or a team may have been deleted since the definition was made. Looked
 * at once a transaction, for all workflows that it moves on.
 */
class TenantAdmission {
  readonly #scope: TenantWriteScope;
  readonly #quotas: ServiceContext['quotas'];
  readonly #agents = new Map<string, boolean>();
  readonly #teams = new Map<string, TeamAssignment | undefined>();

  constructor(scope: TenantWriteScope, quotas: ServiceContext['quotas']) {
    this.#scope = scope;
    this.#quotas = quotas;
  }

  async admit(orders: readonly TaskOrder[]): Promise<Admission> {
    await this.#look(orders);
    const refusals = new Map<string, Refusal>();
    const assignments = new Map<string, TeamAssignment>();
    for (const { taskId, assignee } of orders) {
      if ('teamId' in assignee) {
        const assignment = this.#teams.get(assignee.teamId);
        if (assignment !== undefined) assignments.set(taskId, assignment);
        else refusals.set(taskId, { code: 'team.not_found', message: `There is no team ${assignee.teamId}.` });
      } else if (this.#agents.get(assignee.agentId) !== true) {
        refusals.set(taskId, { code: 'agent.not_found', message: `There is no agent ${assignee.agentId}.` });
      }
    }
    const exceeded = await this.#exceeded(orders.length - refusals.size);
    if (exceeded !== undefined)
      for (const { taskId } of orders) if (!refusals.has(taskId)) refusals.set(taskId, exceeded);
    return { refusals, assignments };
  }

  /** At those agents and teams that this transaction has not looked at yet. */
  async #look(orders: readonly TaskOrder[]): Promise<void> {
    const agents = new Set<string>();
    for (const { assignee } of orders) {
      if ('agentId' in assignee) {
        if (!this.#agents.has(assignee.agentId)) agents.add(assignee.agentId);
      } else if (!this.#teams.has(assignee.teamId)) {
        this.#teams.set(assignee.teamId, await readTeamAssignment(this.#scope, assignee.teamId));
      }
    }
    if (agents.size === 0) return;
    const known = await this.#scope.workflows().knownAgents([...agents]);
    for (const agentId of agents) this.#agents.set(agentId, known.has(agentId));
  }

  async #exceeded(count: number): Promise<Refusal | undefined> {
    if (count === 0) return undefined;
    return this.#quotas.takeTasks(this.#scope, count).then(
      () => undefined,
      (error: unknown) => quotaRefusal(error),
    );
  }
}

function quotaRefusal(error: unknown): Refusal {
  if (error instanceof Failure && error.code === 'quota.exceeded') return { code: error.code, message: error.message };
  throw error;
}
