import type { Agent } from '@runctl/agents';
import type { Task } from '@runctl/tasks';
import type { ThresholdReached, WebhookMessage } from '@runctl/tenants';
import type { WorkflowState } from '@runctl/workflows';

/**
 * What a webhook receives, by its `type`.
 *
 * @example
 * const event = await verifyWebhook<WebhookEvent>(await request.text(), request.headers, secret);
 * if (event.type === 'task.failed') console.error(event.data.id, event.data.error);
 */
export type WebhookEvent =
  | WebhookMessage<'task.completed', Extract<Task, { status: 'completed' }>>
  | WebhookMessage<'task.failed', Extract<Task, { status: 'failed' }>>
  | WebhookMessage<'task.cancelled', Extract<Task, { status: 'cancelled' }>>
  | WebhookMessage<'task.waiting', Extract<Task, { status: 'waiting' }>>
  | WebhookMessage<'workflow.completed' | 'workflow.failed', WorkflowState>
  | WebhookMessage<'agent.status', Agent>
  | WebhookMessage<'billing.threshold', ThresholdReached>;
