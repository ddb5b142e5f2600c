import { sql } from 'kysely';
import type {
  ApiKeyRow,
  AuditRow,
  BillingAccountRow,
  InviteRow,
  MemberRow,
  TenantRow,
  UsageHourRow,
} from '../../store/schema.ts';
import type { Query } from '../../store/store.ts';
import { TenantBound } from '../tenant-bound.ts';
import { isHeldTask } from './held-task.ts';
import { insertAuditRow } from './insert-audit-row.ts';

/** Rows that are removed in one transaction. */
const rowsAtOnce = 500;

type Unowned<Row> = Omit<Row, 'tenant_id'>;

/** One tenant's view of the tables of accounts; each query that starts here is bound to the tenant. */
export class AccountScope extends TenantBound {
  /** Runs what has been built from here. */
  reader(): Query {
    return this.query;
  }

  tenant() {
    return this.query.selectFrom('tenants').where('tenants.id', '=', this.tenantId);
  }

  apiKeys() {
    return this.query.selectFrom('api_keys').where('tenant_id', '=', this.tenantId);
  }

  members() {
    return this.query.selectFrom('members').where('tenant_id', '=', this.tenantId);
  }

  invites() {
    return this.query.selectFrom('invites').where('tenant_id', '=', this.tenantId);
  }

  auditLog() {
    return this.query.selectFrom('audit_log').where('tenant_id', '=', this.tenantId);
  }

  usageHours() {
    return this.query.selectFrom('usage_hours').where('usage_hours.tenant_id', '=', this.tenantId);
  }

  usageFold() {
    return this.query.selectFrom('usage_folds').where('tenant_id', '=', this.tenantId);
  }

  /** The ledger: executed model calls, each once; what a fork inherits has no row. By the index steps_ledger. */
  ledger() {
    return this.query
      .selectFrom('steps')
      .where('steps.tenant_id', '=', this.tenantId)
      .where('steps.input_tokens', 'is not', null);
  }

  tasks() {
    return this.query.selectFrom('tasks').where('tasks.tenant_id', '=', this.tenantId);
  }

  /** Tasks whose trace has not been removed. */
  tasksWithTrace() {
    return this.tasks().where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('removed_traces').select('task_id').whereRef('removed_traces.task_id', '=', 'tasks.id'))),
    );
  }

  steps() {
    return this.query.selectFrom('steps').where('tenant_id', '=', this.tenantId);
  }

  contents() {
    return this.query.selectFrom('contents').where('tenant_id', '=', this.tenantId);
  }

  /** Deleted ones too. */
  allAgents() {
    return this.query.selectFrom('agents').where('agents.tenant_id', '=', this.tenantId);
  }

  agents() {
    return this.allAgents().where('agents.deleted_at', 'is', null);
  }

  /** Workflows that ended before an instant and have more than their last event. By workflows_by_tenant. */
  workflowsWithEvents(before: number) {
    return this.query
      .selectFrom('workflows')
      .select('workflows.id')
      .where('workflows.tenant_id', '=', this.tenantId)
      .where('workflows.finished_at', '<', before)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('events')
            .select('events.seq')
            .whereRef('events.subject_id', '=', 'workflows.id')
            .where('events.seq', '=', 1)
            .where(({ exists: any, selectFrom: from }) =>
              any(
                from('events as later')
                  .select('later.seq')
                  .whereRef('later.subject_id', '=', 'workflows.id')
                  .where('later.seq', '=', 2),
              ),
            ),
        ),
      );
  }

  quotaCounters() {
    return this.query.selectFrom('quota_counters').where('tenant_id', '=', this.tenantId);
  }

  billingAccount() {
    return this.query.selectFrom('billing_accounts').where('tenant_id', '=', this.tenantId);
  }
}

/** The same within a transaction: what it writes belongs to the tenant. */
export class AccountWriteScope extends AccountScope {
  /**
   * Makes writers that decide by counting take turns: until this transaction ends no other one passes here for this
   * tenant. An update of nothing is the one row lock that both homes know.
   */
  async lock(): Promise<void> {
    await this.updateTenant()
      .set(({ ref }) => ({ updated_at: ref('updated_at') }))
      .execute();
  }

  /** Queued tasks of its agents that do not expire by themselves. By tasks_queued, agent by agent. */
  queuedTasks() {
    return this.agents()
      .innerJoin('tasks', 'tasks.agent_id', 'agents.id')
      .select('tasks.id')
      .where(sql<boolean>`tasks.status = 'queued'`)
      .where('tasks.expires_at', 'is', null);
  }

  /** The same, of tasks that teams work on without an agent in charge. By tasks_coordinated. */
  coordinatedTasks() {
    return this.tasks()
      .select('tasks.id')
      .where(sql<boolean>`tasks.status = 'queued' AND tasks.agent_id IS NULL`)
      .where('tasks.expires_at', 'is', null);
  }

  /** Tasks that wait for the spend limit, in the order in which they go on. By tasks_held. */
  heldTasks() {
    return this.tasks().select('tasks.id').where(isHeldTask).orderBy('tasks.order_key').orderBy('tasks.id');
  }

  updateTasks() {
    return this.query.updateTable('tasks').where('tenant_id', '=', this.tenantId);
  }

  updateTenant() {
    return this.query.updateTable('tenants').where('id', '=', this.tenantId);
  }

  async insertTenant(row: Omit<TenantRow, 'id'>): Promise<void> {
    await this.query
      .insertInto('tenants')
      .values({ ...row, id: this.tenantId })
      .execute();
  }

  async insertApiKey(row: Unowned<ApiKeyRow>): Promise<void> {
    await this.query
      .insertInto('api_keys')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  updateApiKeys() {
    return this.query.updateTable('api_keys').where('tenant_id', '=', this.tenantId);
  }

  async insertMember(row: Unowned<MemberRow>): Promise<void> {
    await this.query
      .insertInto('members')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  updateMembers() {
    return this.query.updateTable('members').where('tenant_id', '=', this.tenantId);
  }

  deleteMembers() {
    return this.query.deleteFrom('members').where('tenant_id', '=', this.tenantId);
  }

  async insertInvite(row: Unowned<InviteRow>): Promise<void> {
    await this.query
      .insertInto('invites')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  updateInvites() {
    return this.query.updateTable('invites').where('tenant_id', '=', this.tenantId);
  }

  async insertAuditEntry(row: Unowned<AuditRow>): Promise<void> {
    await insertAuditRow(this.unguarded, { ...row, tenant_id: this.tenantId });
  }

  deleteQuotaCounters() {
    return this.query.deleteFrom('quota_counters').where('tenant_id', '=', this.tenantId);
  }

  /** A counter that starts from what is true now; one that is there stays. */
  async insertQuotaCounter(resource: string, periodStart: number, used: number): Promise<void> {
    await this.query
      .insertInto('quota_counters')
      .values({ tenant_id: this.tenantId, resource, period_start: periodStart, used })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  /** Keeps sums of closed hours. False where another process was first: nothing was written then. */
  async fold(from: number, until: number, rows: readonly Unowned<UsageHourRow>[]): Promise<boolean> {
    const begun = { tenant_id: this.tenantId, folded_until: from };
    await this.query
      .insertInto('usage_folds')
      .values(begun)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { numUpdatedRows } = await this.query
      .updateTable('usage_folds')
      .set({ folded_until: until })
      .where('tenant_id', '=', this.tenantId)
      .where('folded_until', '=', from)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) return false;
    for (const row of rows) {
      await this.query
        .insertInto('usage_hours')
        .values({ ...row, tenant_id: this.tenantId })
        .execute();
    }
    return true;
  }

  /** Removes the old events of a thing but the last, some at a time. Whether there may be more. By primary key. */
  async removeEvents(subjectId: string, before: number): Promise<boolean> {
    const own = () =>
      this.query.selectFrom('events').where('tenant_id', '=', this.tenantId).where('subject_id', '=', subjectId);
    const last = await own()
      .select(({ fn }) => fn.max('seq').as('seq'))
      .executeTakeFirst();
    const first = await own()
      .select(({ fn }) => fn.min('seq').as('seq'))
      .executeTakeFirst();
    if (!last?.seq || !first?.seq || first.seq === last.seq) return false;
    const until = Math.min(last.seq, first.seq + rowsAtOnce);
    const { numDeletedRows } = await this.query
      .deleteFrom('events')
      .where('tenant_id', '=', this.tenantId)
      .where('subject_id', '=', subjectId)
      .where('seq', '<', until)
      .where('created_at', '<', before)
      .executeTakeFirst();
    return numDeletedRows === BigInt(rowsAtOnce);
  }

  /** Removes lines of an agent's log, some at a time. Whether there may be more. By agent_logs_by_agent. */
  async removeAgentLogs(agentId: string, beforeId: string): Promise<boolean> {
    const old = await this.query
      .selectFrom('agent_logs')
      .select('id')
      .where('tenant_id', '=', this.tenantId)
      .where('agent_id', '=', agentId)
      .where('id', '<', beforeId)
      .orderBy('id')
      .limit(rowsAtOnce)
      .execute();
    const last = old.at(-1);
    if (last === undefined) return false;
    await this.query
      .deleteFrom('agent_logs')
      .where('tenant_id', '=', this.tenantId)
      .where('agent_id', '=', agentId)
      .where('id', '<=', last.id)
      .execute();
    return old.length === rowsAtOnce;
  }

  /** Removes pieces of snapshots that were written before a day. By primary key. */
  async removeContents(hashes: readonly string[], beforeDay: number): Promise<void> {
    await this.query
      .deleteFrom('contents')
      .where('tenant_id', '=', this.tenantId)
      .where('hash', 'in', [...hashes])
      .where('day', '<', beforeDay)
      .execute();
  }

  /** Of tasks that have ended: their steps, and their events but the last, from which the sequence goes on, and what a fork began with. */
  async removeTraces(taskIds: readonly string[], now: number): Promise<void> {
    const removed = taskIds.map((task_id) => ({ task_id, tenant_id: this.tenantId, removed_at: now }));
    await this.query
      .insertInto('removed_traces')
      .values(removed)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await this.query
      .deleteFrom('steps')
      .where('tenant_id', '=', this.tenantId)
      .where('task_id', 'in', [...taskIds])
      .execute();
    await this.query
      .deleteFrom('tree_calls')
      .where('tenant_id', '=', this.tenantId)
      .where('task_id', 'in', [...taskIds])
      .execute();
    await this.updateTasks()
      .set({ start_state: null })
      .where('id', 'in', [...taskIds])
      .where('start_state', 'is not', null)
      .execute();
    await this.query
      .deleteFrom('events')
      .where('tenant_id', '=', this.tenantId)
      .where('subject_id', 'in', [...taskIds])
      .where(({ eb, selectFrom }) =>
        eb(
          'seq',
          '<',
          selectFrom('events as later')
            .whereRef('later.subject_id', '=', 'events.subject_id')
            .select(({ fn }) => fn.max('later.seq').as('last')),
        ),
      )
      .execute();
  }

  /** One that is there stays. */
  async insertBillingAccount(row: Unowned<BillingAccountRow>): Promise<void> {
    await this.query
      .insertInto('billing_accounts')
      .values({ ...row, tenant_id: this.tenantId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  updateBillingAccount() {
    return this.query.updateTable('billing_accounts').where('tenant_id', '=', this.tenantId);
  }

  updateQuotaCounters() {
    return this.query.updateTable('quota_counters').where('tenant_id', '=', this.tenantId);
  }
}
