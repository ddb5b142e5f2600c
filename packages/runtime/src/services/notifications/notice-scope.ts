import type {
  DeliveryRow,
  NotificationPreferencesRow,
  OutboxRow,
  ThresholdAlertRow,
  WebhookRow,
} from '../../store/outbox-rows.ts';
import type { Query } from '../../store/store.ts';

type Unowned<Row> = Omit<Row, 'tenant_id'>;

/** One tenant's view of what is told outside; each query that starts here is bound to the tenant. */
export class NoticeScope {
  readonly tenantId: string;
  protected readonly query: Query;

  /** @param query guarded: it refuses what is not bound to the tenant */
  constructor(tenantId: string, query: Query) {
    this.tenantId = tenantId;
    this.query = query;
  }

  /** The webhooks that the tenant has made. */
  webhooks() {
    return this.allWebhooks().where('purpose', '=', 'endpoint');
  }

  /** With the one of the notification preferences. */
  allWebhooks() {
    return this.query.selectFrom('webhooks').where('tenant_id', '=', this.tenantId);
  }

  deliveries() {
    return this.query.selectFrom('deliveries').where('tenant_id', '=', this.tenantId);
  }

  outbox() {
    return this.query.selectFrom('outbox').where('tenant_id', '=', this.tenantId);
  }

  preferences() {
    return this.query.selectFrom('notification_preferences').where('tenant_id', '=', this.tenantId);
  }

  thresholdAlerts() {
    return this.query.selectFrom('threshold_alerts').where('tenant_id', '=', this.tenantId);
  }
}

/** The same within a transaction: what it writes belongs to the tenant. */
export class NoticeWriteScope extends NoticeScope {
  async insertWebhook(row: Unowned<WebhookRow>): Promise<void> {
    await this.query
      .insertInto('webhooks')
      .values({ ...row, tenant_id: this.tenantId })
      .execute();
  }

  updateWebhooks() {
    return this.query.updateTable('webhooks').where('tenant_id', '=', this.tenantId);
  }

  /** What was on its way to it goes too. */
  async deleteWebhook(id: string): Promise<void> {
    await this.query
      .deleteFrom('deliveries')
      .where('tenant_id', '=', this.tenantId)
      .where('endpoint_id', '=', id)
      .execute();
    await this.query.deleteFrom('webhooks').where('tenant_id', '=', this.tenantId).where('id', '=', id).execute();
  }

  /** One that is there already stays as it is. */
  async insertDeliveries(rows: readonly Unowned<DeliveryRow>[]): Promise<void> {
    await this.query
      .insertInto('deliveries')
      .values(rows.map((row) => ({ ...row, tenant_id: this.tenantId })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  updateDeliveries() {
    return this.query.updateTable('deliveries').where('tenant_id', '=', this.tenantId);
  }

  /** Says what is sent; from then on the row is sorted. */
  async setBody({ subject_id, seq }: Pick<OutboxRow, 'subject_id' | 'seq'>, body: string): Promise<void> {
    await this.query
      .updateTable('outbox')
      .set({ body })
      .where('tenant_id', '=', this.tenantId)
      .where('subject_id', '=', subject_id)
      .where('seq', '=', seq)
      .execute();
  }

  async removeFromOutbox({ subject_id, seq }: Pick<OutboxRow, 'subject_id' | 'seq'>): Promise<void> {
    await this.query
      .deleteFrom('outbox')
      .where('tenant_id', '=', this.tenantId)
      .where('subject_id', '=', subject_id)
      .where('seq', '=', seq)
      .execute();
  }

  async setPreferences(row: Unowned<NotificationPreferencesRow>): Promise<void> {
    await this.query
      .insertInto('notification_preferences')
      .values({ ...row, tenant_id: this.tenantId })
      .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet(row))
      .execute();
  }

  /** False where the threshold has been told already: one statement decides, whoever else asks. */
  async markThreshold(row: Unowned<ThresholdAlertRow>): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.query
      .insertInto('threshold_alerts')
      .values({ ...row, tenant_id: this.tenantId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }
}
