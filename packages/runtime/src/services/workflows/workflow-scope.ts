import { sql } from 'kysely';
import { type GivenList, givenList, inGiven, isPostgres } from '../../store/in-list.ts';
import { preparedSql } from '../../store/prepared.ts';
import type { WriteTransaction } from '../../store/store.ts';
import type {
  WorkflowDefinitionRow,
  WorkflowDefinitionVersionRow,
  WorkflowStepRow,
} from '../../store/workflow-rows.ts';
import { TenantBound } from '../tenant-bound.ts';

type Unowned<Row> = Omit<Row, 'tenant_id'>;

/** Which of these ids are there: by primary key; what is deleted is not. */
const knownIn = (table: 'agents' | 'teams' | 'workflow_definitions') =>
  preparedSql(
    (query, { tenantId, ids }: { tenantId: string; ids: GivenList }) => sql<{ id: string }>`
      SELECT id FROM ${sql.table(table)}
      WHERE tenant_id = ${tenantId} AND deleted_at IS NULL AND id ${inGiven(query, ids)}`,
  );
const knownIds = {
  agents: knownIn('agents'),
  teams: knownIn('teams'),
  workflow_definitions: knownIn('workflow_definitions'),
};

/** By primary key. */
const sharedDefinition = preparedSql(
  (query, { tenantId, id }: { tenantId: string; id: string }) => sql<Pick<WorkflowDefinitionRow, 'id' | 'version'>>`
    SELECT id, version FROM workflow_definitions
    WHERE id = ${id} AND tenant_id = ${tenantId} AND deleted_at IS NULL ${sql.raw(isPostgres(query) ? 'FOR SHARE' : '')}`,
);

/** One tenant's view of workflows and their definitions. */
export class WorkflowScope extends TenantBound {
  /** Definitions, deleted ones left out. */
  definitions() {
    return this.query
      .selectFrom('workflow_definitions')
      .where('tenant_id', '=', this.tenantId)
      .where('deleted_at', 'is', null);
  }

  definitionVersions() {
    return this.query.selectFrom('workflow_definition_versions').where('tenant_id', '=', this.tenantId);
  }

  workflows() {
    return this.query.selectFrom('workflows').where('tenant_id', '=', this.tenantId);
  }

  steps() {
    return this.query.selectFrom('workflow_steps').where('tenant_id', '=', this.tenantId);
  }

  /** Of these ids, the ones of the tenant's agents. */
  async knownAgents(ids: readonly string[]): Promise<Set<string>> {
    return this.#known('agents', ids);
  }

  /** Of these ids, the ones of the tenant's teams. */
  async knownTeams(ids: readonly string[]): Promise<Set<string>> {
    return this.#known('teams', ids);
  }

  /** Of these ids, the ones of the tenant's definitions. */
  async knownDefinitions(ids: readonly string[]): Promise<Set<string>> {
    return this.#known('workflow_definitions', ids);
  }

  async #known(table: keyof typeof knownIds, ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    const values = { tenantId: this.tenantId, ids: givenList(this.unguarded, ids) };
    return new Set((await knownIds[table].all(this.unguarded, values)).map(({ id }) => id));
  }
}

/** The same within a transaction. */
export class WorkflowWriteScope extends WorkflowScope {
  /** For moving workflows on, which binds itself to the tenant of each. */
  readonly transaction: WriteTransaction;

  constructor(tenantId: string, transaction: WriteTransaction) {
    super(tenantId, transaction.query);
    this.transaction = transaction;
  }

  async insertDefinition(row: Unowned<WorkflowDefinitionRow>): Promise<void> {
    await this.query
      .insertInto('workflow_definitions')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertDefinitionVersion(row: Unowned<WorkflowDefinitionVersionRow>): Promise<void> {
    await this.query
      .insertInto('workflow_definition_versions')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  /** A definition that nobody deletes or changes before the end of the transaction; others may begin workflows of it. */
  shareDefinition(id: string): Promise<Pick<WorkflowDefinitionRow, 'id' | 'version'> | undefined> {
    return sharedDefinition.first(this.unguarded, { tenantId: this.tenantId, id });
  }

  updateDefinitions() {
    return this.query.updateTable('workflow_definitions').where('tenant_id', '=', this.tenantId);
  }

  async insertSteps(rows: readonly WorkflowStepRow[]): Promise<void> {
    for (let at = 0; at < rows.length; at += 100) {
      const owned = rows.slice(at, at + 100).map((row) => ({ ...row, tenant_id: this.tenantId }));
      await this.query.insertInto('workflow_steps').values(owned).execute();
    }
  }
}
