import type { Compilable } from 'kysely';
import { cancelTasks } from '../store/cancel-tasks.ts';
import type { NewEventRow } from '../store/event-row.ts';
import { type Prepared, prepared } from '../store/prepared.ts';
import type {
  AgentRow,
  AgentVersionRow,
  ContentRow,
  DeploymentRow,
  IdempotencyKeyRow,
  TaskRow,
} from '../store/schema.ts';
import type { AgentLogRow, FeedbackRow, InstanceRow } from '../store/service-rows.ts';
import type { Query, TaskChange, WriteTransaction } from '../store/store.ts';
import type { TeamRow, TeamVersionRow } from '../store/team-rows.ts';
import { completeWait } from '../store/waits.ts';
import { signalWorkflows } from '../store/workflow-signals.ts';
import { AccountScope, AccountWriteScope } from './accounts/account-scope.ts';
import { insertIdempotencyKey } from './insert-idempotency-key.ts';
import { NoticeScope, NoticeWriteScope } from './notifications/notice-scope.ts';
import { StatisticsScope } from './statistics/statistics-scope.ts';
import { TenantBound } from './tenant-bound.ts';
import { WorkflowScope, WorkflowWriteScope } from './workflows/workflow-scope.ts';

/** A row before it has its tenant. */
type Unowned<Row> = Omit<Row, 'tenant_id'>;

/** Rows of one statement, which may have so many parameters only. */
const rowsAtOnce = 100;

/** Whether a scope's door lets it see beyond its tenant; no tenant's key ever does. */
export type ScopeReach = 'own tenant' | 'all tenants';

/**
 * One tenant's view of the tables. Services have no other way to them, and each query that starts here is already
 * bound to the tenant, so none can be forgotten: one that is not is refused before it runs.
 */
export class TenantScope extends TenantBound {
  readonly #reach: ScopeReach;

  constructor(tenantId: string, query: Query, reach: ScopeReach = 'own tenant') {
    super(tenantId, query);
    this.#reach = reach;
  }

  /** Runs a prepared statement of this tenant, which gives one row at most. */
  first<Values extends object, Row>(statement: TenantStatement<Values, Row>, values: Values): Promise<Row | undefined> {
    return statement.first(this.unguarded, { ...values, tenantId: this.tenantId });
  }

  /** For the engine's reading of one task, which binds itself to the task's tenant. */
  forEngine(): Query {
    return this.unguarded;
  }

  /** The tenant's keys, people, limits and usage. */
  account(): AccountScope {
    return new AccountScope(this.tenantId, this.unguarded);
  }

  /** Sums of the tenant's past. */
  statistics(): StatisticsScope {
    return new StatisticsScope(this.tenantId, this.unguarded);
  }

  /** The tenant's workflows and their definitions. */
  workflows(): WorkflowScope {
    return new WorkflowScope(this.tenantId, this.unguarded);
  }

  /** Whom the tenant tells of what happens, and what has been told. */
  notices(): NoticeScope {
    return new NoticeScope(this.tenantId, this.query);
  }

  /**
   * All tenants: for the operator's routes and the redemption of invites, which belong to none.
   *
   * @throws {TypeError} The scope was opened for a tenant.
   */
  aboveTenants(): Query {
    if (this.#reach === 'all tenants') return this.unguarded;
    throw new TypeError(`A scope of ${this.tenantId} does not reach above tenants.`);
  }

  /** The tenant itself. */
  tenant() {
    return this.query.selectFrom('tenants').where('id', '=', this.tenantId);
  }

  /** Agents, deleted ones left out. */
  agents() {
    return this.query.selectFrom('agents').where('tenant_id', '=', this.tenantId).where('deleted_at', 'is', null);
  }

  agentVersions() {
    return this.query.selectFrom('agent_versions').where('tenant_id', '=', this.tenantId);
  }

  deployments() {
    return this.query.selectFrom('deployments').where('tenant_id', '=', this.tenantId);
  }

  instances() {
    return this.query.selectFrom('instances').where('tenant_id', '=', this.tenantId);
  }

  agentLogs() {
    return this.query.selectFrom('agent_logs').where('tenant_id', '=', this.tenantId);
  }

  feedback() {
    return this.query.selectFrom('feedback').where('tenant_id', '=', this.tenantId);
  }

  /** The processes that run tasks, which belong to no tenant. */
  workers() {
    return this.query.selectFrom('workers');
  }

  /** Teams, deleted ones left out. */
  teams() {
    return this.query.selectFrom('teams').where('tenant_id', '=', this.tenantId).where('deleted_at', 'is', null);
  }

  teamVersions() {
    return this.query.selectFrom('team_versions').where('tenant_id', '=', this.tenantId);
  }

  /** Of teams that are not deleted. */
  teamMembers() {
    return this.query.selectFrom('team_members').where('tenant_id', '=', this.tenantId);
  }

  tasks() {
    return this.query.selectFrom('tasks').where('tenant_id', '=', this.tenantId);
  }

  steps() {
    return this.query.selectFrom('steps').where('tenant_id', '=', this.tenantId);
  }

  contents() {
    return this.query.selectFrom('contents').where('tenant_id', '=', this.tenantId);
  }

  labels() {
    return this.query.selectFrom('labels').where('tenant_id', '=', this.tenantId);
  }

  events() {
    return this.query.selectFrom('events').where('tenant_id', '=', this.tenantId);
  }

  idempotencyKeys() {
    return this.query.selectFrom('idempotency_keys').where('tenant_id', '=', this.tenantId);
  }
}

/** A statement over one tenant's tables that is built once. */
export type TenantStatement<Values extends object, Row> = Prepared<Values & { tenantId: string }, Row>;

/**
 * Prepares a statement that starts from a tenant's scope, and so is bound to the tenant whenever it runs.
 *
 * @param build As of {@link prepared}.
 */
export function tenantStatement<Values extends object, Row>(
  build: (scope: TenantScope, slots: Values) => Compilable<Row>,
): TenantStatement<Values, Row> {
  return prepared((query, slots) => build(new TenantScope(slots.tenantId, query), slots));
}

/** A tenant's view within a transaction: reads see its own writes, and what it writes belongs to the tenant. */
export class TenantWriteScope extends TenantScope {
  readonly #transaction: WriteTransaction;

  constructor(tenantId: string, transaction: WriteTransaction, reach?: ScopeReach) {
    super(tenantId, transaction.query, reach);
    this.#transaction = transaction;
  }

  override account(): AccountWriteScope {
    return new AccountWriteScope(this.tenantId, this.#transaction.query);
  }

  override workflows(): WorkflowWriteScope {
    return new WorkflowWriteScope(this.tenantId, this.#transaction);
  }

  override notices(): NoticeWriteScope {
    return new NoticeWriteScope(this.tenantId, this.query);
  }

  async insertAgent(row: Unowned<AgentRow>): Promise<void> {
    await this.query
      .insertInto('agents')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertAgentVersion(row: Unowned<AgentVersionRow>): Promise<void> {
    await this.query
      .insertInto('agent_versions')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertTeam(row: Unowned<TeamRow>): Promise<void> {
    await this.query
      .insertInto('teams')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertTeamVersion(row: Unowned<TeamVersionRow>): Promise<void> {
    await this.query
      .insertInto('team_versions')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  /** Sets the agents that a team has; those that it had before are gone. */
  async replaceTeamMembers(teamId: string, agentIds: readonly string[]): Promise<void> {
    await this.query
      .deleteFrom('team_members')
      .where('tenant_id', '=', this.tenantId)
      .where('team_id', '=', teamId)
      .execute();
    const rows = agentIds.map((agentId) => ({ team_id: teamId, agent_id: agentId, tenant_id: this.tenantId }));
    if (rows.length > 0) await this.query.insertInto('team_members').values(rows).execute();
  }

  async insertDeployment(row: Unowned<DeploymentRow>): Promise<void> {
    await this.query
      .insertInto('deployments')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertInstances(rows: readonly Unowned<InstanceRow>[]): Promise<void> {
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      const owned = rows.slice(at, at + rowsAtOnce).map((row) => ({ ...row, tenant_id: this.tenantId }));
      await this.query.insertInto('instances').values(owned).execute();
    }
  }

  async insertFeedback(row: Unowned<FeedbackRow>): Promise<void> {
    await this.query
      .insertInto('feedback')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  async insertAgentLogs(rows: readonly Unowned<AgentLogRow>[]): Promise<void> {
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      const owned = rows.slice(at, at + rowsAtOnce).map((row) => ({ ...row, tenant_id: this.tenantId }));
      await this.query.insertInto('agent_logs').values(owned).execute();
    }
  }

  /** Removes an agent's lines that are older, or more, than are kept. By agent_logs_by_agent. */
  async keepAgentLogs(agentId: string, most: number, from: number): Promise<void> {
    const own = this.agentLogs().select('id').where('agent_id', '=', agentId).orderBy('id', 'desc');
    const beyond = await own.offset(most).limit(1).executeTakeFirst();
    await this.query
      .deleteFrom('agent_logs')
      .where('tenant_id', '=', this.tenantId)
      .where('agent_id', '=', agentId)
      .where(({ eb, or }) => or([eb('created_at', '<', from), eb('id', '<=', beyond?.id ?? '')]))
      .execute();
  }

  /** Answers with the rows as they were written. */
  async insertTasks(rows: readonly Unowned<TaskRow>[]): Promise<TaskRow[]> {
    const owned = rows.map((row) => ({ ...row, tenant_id: this.tenantId }));
    await this.#transaction.insertTasks(owned);
    return owned;
  }

  /** Pieces that are stored already stay as they are. */
  async insertContents(rows: readonly Unowned<ContentRow>[]): Promise<void> {
    if (rows.length === 0) return;
    await this.query
      .insertInto('contents')
      .values(rows.map((row) => ({ ...row, tenant_id: this.tenantId })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** Sets the labels of an agent or a task; those that it had are gone. */
  async replaceLabels(resourceId: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await this.query
      .deleteFrom('labels')
      .where('tenant_id', '=', this.tenantId)
      .where('resource_id', '=', resourceId)
      .execute();
    await this.insertLabels(resourceId, labels);
  }

  /** Labels of something that has none yet. */
  async insertLabels(resourceId: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const rows = Object.entries(labels).map(([label, value]) => ({
      tenant_id: this.tenantId,
      resource_id: resourceId,
      label,
      value,
    }));
    if (rows.length > 0) await this.query.insertInto('labels').values(rows).execute();
  }

  /** False where the key is taken. */
  async insertIdempotencyKey(row: Unowned<IdempotencyKeyRow>): Promise<boolean> {
    const owned = { ...row, tenant_id: this.tenantId };
    return (await insertIdempotencyKey.run(this.#transaction.query, owned)) === 1;
  }

  updateAgents() {
    return this.query.updateTable('agents').where('tenant_id', '=', this.tenantId);
  }

  updateTeams() {
    return this.query.updateTable('teams').where('tenant_id', '=', this.tenantId);
  }

  updateDeployments() {
    return this.query.updateTable('deployments').where('tenant_id', '=', this.tenantId);
  }

  updateInstances() {
    return this.query.updateTable('instances').where('tenant_id', '=', this.tenantId);
  }

  deleteIdempotencyKeys() {
    return this.query.deleteFrom('idempotency_keys').where('tenant_id', '=', this.tenantId);
  }

  /** Adds events of anything but tasks, whose changes are events by themselves: see {@link changed}. */
  addEvents(rows: readonly Unowned<NewEventRow>[]): void {
    this.#transaction.addEvents(rows.map((row) => ({ ...row, tenant_id: this.tenantId })));
  }

  /**
   * The runtime's own key of this name, which `fresh` makes where there is none yet. It may be undone with this
   * transaction, so keep it no longer than that.
   */
  async serverSecret(name: string, fresh: () => string, now: number): Promise<string> {
    await this.query
      .insertInto('server_secrets')
      .values({ name, value: fresh(), created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { value } = await this.query
      .selectFrom('server_secrets')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return value;
  }

  /** Says that a task has changed: its events belong to this transaction; who watches is told once it is committed. */
  changed(change: TaskChange): void {
    this.#transaction.changed(change);
  }

  /**
   * Completes the step that a task waits with, and queues the task. False where it waits no more. The task has to be
   * known to be this tenant's.
   */
  async completeWait(taskId: string, { output, now }: { output: string; now: number }): Promise<boolean> {
    const step = await this.steps()
      .select('step')
      .where('task_id', '=', taskId)
      .where('status', '=', 'waiting')
      .executeTakeFirst();
    if (step === undefined) return false;
    const outcome = { taskId, step: step.step, status: 'completed' as const, output, error: null, now };
    const change = await completeWait(this.#transaction.query, outcome);
    if (change === undefined) return false;
    this.changed(change);
    this.wake();
    return true;
  }

  /** Cancels tasks that have not ended, and what they handed out; tells the workflows that wait for any of them. */
  async cancelTasks(taskIds: readonly string[], error: string | null, now: number): Promise<void> {
    const cancelled = await cancelTasks(this.#transaction, taskIds, { tenantId: this.tenantId, error, now });
    for (const told of await signalWorkflows(this.#transaction.query, cancelled)) this.#transaction.poke(told);
  }

  /** Makes the scheduler look for work, once this is committed. */
  wake(): void {
    this.#transaction.wake();
  }
}
