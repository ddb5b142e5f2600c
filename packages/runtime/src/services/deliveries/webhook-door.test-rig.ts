import type { WebhookEvent } from '@runctl/sdk';
import { expect } from 'vitest';
import { createEgressGuard } from '../../egress/egress-guard.ts';
import { type FrontDoor, openFrontDoor, simulatedAgent } from '../../http/front-door.test-rig.ts';
import type { Store } from '../../store/store.ts';
import { type Receiver, startReceiver } from './receiver.test-rig.ts';

/** Where webhooks are managed. */
export const webhooks = '/v1/tenants/current/webhooks';

/** The API with a receiver beside it, and a clock that stands still unless it is moved. */
export class WebhookDoor {
  readonly door: FrontDoor;
  readonly receiver: Receiver;
  readonly agentId: string;
  /** What no request has waited for and has failed. */
  readonly failures: unknown[];
  readonly #clock: { now: number };

  /** Requests end after `timeoutMs`, pauses are half their ceilings, and few are sent at once. */
  static async open(store: Store, timeoutMs = 30_000): Promise<WebhookDoor> {
    const clock = { now: Date.now() };
    const egress = createEgressGuard({ allowedHosts: ['127.0.0.0/8'] });
    const sending = { timeoutMs, chance: () => 0.5, atOnce: 3, perEndpoint: 2 };
    // A home may be shared by several tests: what the last one left to send is none of this one's.
    await store.write(({ query }) => query.deleteFrom('deliveries').execute());
    const failures: unknown[] = [];
    const onError = (error: unknown) => failures.push(error);
    const door = await openFrontDoor({ store, now: () => clock.now, egress, sending, onError });
    const agentId = (await door.call('POST /v1/agents', { body: simulatedAgent })).body.id;
    return new WebhookDoor({ door, receiver: await startReceiver(), agentId, failures }, clock);
  }

  private constructor(parts: Pick<WebhookDoor, 'door' | 'receiver' | 'agentId' | 'failures'>, clock: { now: number }) {
    this.door = parts.door;
    this.receiver = parts.receiver;
    this.agentId = parts.agentId;
    this.failures = parts.failures;
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now;
  }

  set now(now: number) {
    this.#clock.now = now;
  }

  /** Adds a webhook that leads to the receiver. */
  async add(events = ['task.cancelled'], key = this.door.apiKey): Promise<{ id: string; secret: string }> {
    const body = { url: this.receiver.url, events };
    const answer = await this.door.call(`POST ${webhooks}`, { key, body });
    expect(answer.status).toBe(201);
    return answer.body;
  }

  /** A task that has ended: an event to tell of. */
  async cancelTask(payload: object = { message: 'x' }): Promise<string> {
    const { body } = await this.door.call('POST /v1/tasks', { body: { agentId: this.agentId, input: { payload } } });
    await this.door.call(`POST /v1/tasks/${body.id}/cancel`);
    return body.id;
  }

  /** Sends what is due. */
  send(): Promise<void> {
    return this.door.services.courier.sendDue();
  }

  /** Of a webhook, as the API lists them. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers whose shape it asserts
  async deliveries(id: string): Promise<any[]> {
    return (await this.door.call(`GET ${webhooks}/${id}/deliveries`)).body.data;
  }

  /** What the receiver has been told, oldest first. */
  get told(): WebhookEvent[] {
    return this.receiver.received.map(({ body }) => JSON.parse(body));
  }

  outbox() {
    const { query } = this.door.store;
    return query.selectFrom('outbox').selectAll().where('tenant_id', '=', this.door.tenantId).execute();
  }

  async close(): Promise<void> {
    expect(this.door.errors).toEqual([]);
    await this.door.services.courier.close();
    await this.door.close();
    await this.receiver.close();
  }
}
