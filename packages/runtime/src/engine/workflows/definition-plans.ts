import { hash } from 'node:crypto';
import type { JsonSchema } from '@runctl/core';
import type { WorkflowDefinition } from '@runctl/workflows';
import type { Query } from '../../store/store.ts';
import { type Plan, planOf } from './plan.ts';

/** What the column `config` of a definition holds: all that its creator said, defaults filled in. */
export type StoredDefinition = Omit<WorkflowDefinition, 'id' | 'tenantId' | 'version' | 'createdAt' | 'updatedAt'>;

/** Plans that are kept. */
const mostPlans = 500;
/**
 * A version never changes but where its tenant is put back to a time before it, and another takes its number. Nothing of
 * the tenant begins for longer than this around it, milliseconds.
 */
const freshForMs = 1_000;

/** A version of a definition, ready to be executed. */
export interface DefinitionPlan {
  plan: Plan;
  inputSchema: JsonSchema | null;
}

/** The plans of definitions, each looked at once a second at most, and made again only where it is another one. */
export class DefinitionPlans {
  readonly #now: () => number;
  readonly #plans = new Map<string, { made: DefinitionPlan; stored: string; readAt: number }>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Undefined where there is no such version. By primary key. */
  async get(query: Query, definitionId: string, version: number): Promise<DefinitionPlan | undefined> {
    const key = `${definitionId} ${version}`;
    const known = this.#plans.get(key);
    const readAt = this.#now();
    if (known !== undefined && Math.abs(readAt - known.readAt) < freshForMs) return known.made;
    const row = await query
      .selectFrom('workflow_definition_versions')
      .select('config')
      .where('definition_id', '=', definitionId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const stored = hash('sha256', row.config);
    const made = known?.stored === stored ? known.made : planFrom(JSON.parse(row.config) as StoredDefinition);
    // A write that made the version may yet be undone, but then nobody asks for it again under this id.
    if (this.#plans.size >= mostPlans) this.#plans.clear();
    this.#plans.set(key, { made, stored, readAt });
    return made;
  }
}

function planFrom(stored: StoredDefinition): DefinitionPlan {
  return { plan: planOf(stored), inputSchema: stored.inputSchema };
}
