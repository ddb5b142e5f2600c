import type { Deleted, PaginatedResponse, ValidationIssue, WorkflowDefinitionId } from '@runctl/core';
import type {
  CreateWorkflowDefinitionInput,
  ListWorkflowDefinitionsQuery,
  UpdateWorkflowDefinitionInput,
  WireDefinition,
  WorkflowDefinition,
  WorkflowDefinitionCheck,
} from '@runctl/workflows';
import { sql } from 'kysely';
import type { StoredDefinition } from '../engine/workflows/definition-plans.ts';
import { dependenciesOf, layersOf } from '../engine/workflows/graph.ts';
import type { WorkflowDefinitionRow } from '../store/workflow-rows.ts';
import { countRows } from './count-rows.ts';
import { Failure, invalid, notFound } from './failure.ts';
import { newId } from './ids.ts';
import { readPage } from './page.ts';
import type { TenantScope, TenantWriteScope } from './tenant-scope.ts';
import { parseStored } from './wire/stored-json.ts';
import { toDefinition } from './wire/workflow.ts';
import { checkReferences } from './workflow-definitions/check-references.ts';
import { checkShape } from './workflow-definitions/check-shape.ts';

/** Seconds that a workflow may run where nothing else was said: approvals take days. */
const defaultTimeoutSeconds = 604_800;

/** Definitions of workflows, and their versions. */
export class WorkflowDefinitionService {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws {Failure} `workflow_definition.invalid`, with everything that is wrong */
  async create(
    scope: TenantWriteScope,
    input: WireDefinition<CreateWorkflowDefinitionInput>,
  ): Promise<WorkflowDefinition> {
    const stored = withDefaults(input);
    await this.#check(scope, stored);
    const now = this.#now();
    const row = { id: newId('wfd', now), version: 1, ...columnsOf(stored), created_at: now, updated_at: now };
    await scope.workflows().insertDefinition({ ...row, deleted_at: null });
    await this.#insertVersion(scope, row, now);
    return toDefinition({ ...row, tenant_id: scope.tenantId });
  }

  /** Tells all that is wrong, and makes nothing. */
  async validate(
    scope: TenantScope,
    input: WireDefinition<CreateWorkflowDefinitionInput>,
  ): Promise<WorkflowDefinitionCheck> {
    const issues = await issuesOf(scope, withDefaults(input));
    const order = issues.length === 0 ? layersOf(dependenciesOf(input.pattern, input.steps)) : [];
    return { valid: issues.length === 0, issues, order };
  }

  /** The newest version, or another one. @throws {Failure} `workflow_definition.not_found` */
  async getById(scope: TenantScope, definitionId: string, version?: number): Promise<WorkflowDefinition> {
    const row = await findDefinition(scope, definitionId);
    if (version === undefined || version === row.version) return toDefinition(row);
    const old = await scope
      .workflows()
      .definitionVersions()
      .select(['version', 'config', 'created_at'])
      .where('definition_id', '=', definitionId)
      .where('version', '=', version)
      .executeTakeFirst();
    if (old === undefined) throw notFound('workflow_definition', `${definitionId} (version ${version})`);
    return toDefinition({ ...row, version: old.version, config: old.config, updated_at: old.created_at });
  }

  /** Newest first. */
  list(scope: TenantScope, query: ListWorkflowDefinitionsQuery): Promise<PaginatedResponse<WorkflowDefinition>> {
    const filtered = () => {
      const all = scope.workflows().definitions();
      if (query.search === undefined) return all;
      const pattern = `%${query.search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
      return all.where(sql<boolean>`search_text LIKE ${pattern} ESCAPE '\\'`);
    };
    return readPage(
      query,
      {
        rows: ({ before, offset, limit }) => {
          const rows = before === undefined ? filtered() : filtered().where('id', '<', before);
          return rows.selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
        },
        count: () => countRows(filtered()),
      },
      toDefinition,
    );
  }

  /**
   * Makes the next version: what is left out stays. What runs keeps its own.
   *
   * @throws {Failure} `workflow_definition.not_found`, `workflow_definition.invalid`, `version.mismatch`
   */
  async update(
    scope: TenantWriteScope,
    definitionId: string,
    input: WireDefinition<UpdateWorkflowDefinitionInput>,
    ifMatch: number | undefined,
  ): Promise<WorkflowDefinition> {
    const row = await holdDefinition(scope, definitionId);
    if (ifMatch !== undefined && ifMatch !== row.version) throw mismatch(row, ifMatch);
    const { inputSchema, ...current } = parseStored<StoredDefinition>(row.config);
    const stored = withDefaults({ ...current, ...(inputSchema === null ? {} : { inputSchema }), ...input });
    await this.#check(scope, stored);
    const now = this.#now();
    const next = { ...row, version: row.version + 1, ...columnsOf(stored), updated_at: now };
    await scope
      .workflows()
      .updateDefinitions()
      .set({ version: next.version, config: next.config, search_text: next.search_text, updated_at: now })
      .where('id', '=', definitionId)
      .execute();
    await this.#insertVersion(scope, next, now);
    return toDefinition(next);
  }

  /**
   * What has run of it stays readable.
   *
   * @throws {Failure} `workflow_definition.not_found`, `workflow_definition.has_open_workflows`
   */
  async delete(scope: TenantWriteScope, definitionId: string): Promise<Deleted<WorkflowDefinitionId>> {
    const { id } = await holdDefinition(scope, definitionId);
    const open = await scope
      .workflows()
      .workflows()
      .select('id')
      .where('definition_id', '=', id)
      .where('status', 'in', ['queued', 'running', 'waiting'])
      .executeTakeFirst();
    if (open !== undefined) {
      throw new Failure('workflow_definition.has_open_workflows', `Workflow ${open.id} of ${id} has not ended.`, {
        resource: 'workflow_definition',
        resourceId: id,
        hint: 'Wait for its workflows, or cancel them; then delete it.',
      });
    }
    await scope.workflows().updateDefinitions().set({ deleted_at: this.#now() }).where('id', '=', id).execute();
    return { id: id as WorkflowDefinitionId, deleted: true };
  }

  async #check(scope: TenantScope, stored: StoredDefinition): Promise<void> {
    const issues = await issuesOf(scope, stored);
    if (issues.length > 0) throw invalid(issues, 'workflow_definition.invalid');
  }

  async #insertVersion(
    scope: TenantWriteScope,
    { id, version, config }: Pick<WorkflowDefinitionRow, 'id' | 'version' | 'config'>,
    now: number,
  ): Promise<void> {
    await scope.workflows().insertDefinitionVersion({ definition_id: id, version, config, created_at: now });
  }
}

async function issuesOf(scope: TenantScope, stored: StoredDefinition): Promise<ValidationIssue[]> {
  return [...checkShape(stored), ...(await checkReferences(scope, stored.steps))];
}

function withDefaults(input: WireDefinition<CreateWorkflowDefinitionInput>): StoredDefinition {
  return {
    name: input.name,
    description: input.description ?? '',
    pattern: input.pattern,
    steps: input.steps,
    inputSchema: input.inputSchema ?? null,
    output: input.output ?? null,
    timeoutSeconds: input.timeoutSeconds ?? defaultTimeoutSeconds,
    metadata: input.metadata ?? {},
    labels: input.labels ?? {},
  };
}

function columnsOf(stored: StoredDefinition): Pick<WorkflowDefinitionRow, 'config' | 'search_text'> {
  return {
    config: JSON.stringify(stored),
    search_text: `${stored.name}\n${stored.description}`.toLowerCase(),
  };
}

function mismatch({ id, version }: WorkflowDefinitionRow, ifMatch: number): Failure {
  return new Failure('version.mismatch', `Workflow definition ${id} is at version ${version}, expected ${ifMatch}.`, {
    resource: 'workflow_definition',
    resourceId: id,
    hint: 'Read the definition again, apply your change to what it is now, and send its version as If-Match.',
  });
}

/** @throws {Failure} `workflow_definition.not_found` */
async function findDefinition(scope: TenantScope, definitionId: string): Promise<WorkflowDefinitionRow> {
  const row = await scope.workflows().definitions().selectAll().where('id', '=', definitionId).executeTakeFirst();
  if (row === undefined) throw notFound('workflow_definition', definitionId);
  return row;
}

/** The row, locked until the end of the transaction. @throws {Failure} `workflow_definition.not_found` */
async function holdDefinition(scope: TenantWriteScope, definitionId: string): Promise<WorkflowDefinitionRow> {
  const row = await scope
    .workflows()
    .updateDefinitions()
    .set(({ ref }) => ({ version: ref('version') }))
    .where('id', '=', definitionId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) throw notFound('workflow_definition', definitionId);
  return row;
}
