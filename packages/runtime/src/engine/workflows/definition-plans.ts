import type { JsonSchema } from '@runctl/core';
import type { WorkflowDefinition } from '@runctl/workflows';
import type { Query } from '../../store/store.ts';
import { type Plan, planOf } from './plan.ts';

/** What the column `config` of a definition holds: all that its creator said, defaults filled in. */
export type StoredDefinition = Omit<WorkflowDefinition, 'id' | 'tenantId' | 'version' | 'createdAt' | 'updatedAt'>;

/** Plans that are kept. */
const mostPlans = 500;

/** A version of a definition, ready to be executed. */
export interface DefinitionPlan {
  plan: Plan;
  inputSchema: JsonSchema | null;
}

/** The plans of definitions. A version never changes, so its plan is made once. */
export class DefinitionPlans {
  readonly #plans = new Map<string, DefinitionPlan>();

  /** Undefined where there is no such version. By primary key. */
  async get(query: Query, definitionId: string, version: number): Promise<DefinitionPlan | undefined> {
    const key = `${definitionId} ${version}`;
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const row = await query
      .selectFrom('workflow_definition_versions')
      .select('config')
      .where('definition_id', '=', definitionId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const stored = JSON.parse(row.config) as StoredDefinition;
    const made = { plan: planOf(stored), inputSchema: stored.inputSchema };
    // A write that made the version may yet be undone, but then nobody asks for it again under this id.
    if (this.#plans.size >= mostPlans) this.#plans.clear();
    this.#plans.set(key, made);
    return made;
  }
}
