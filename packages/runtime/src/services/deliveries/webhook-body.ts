import type { EventId } from '@runctl/core';
import type { WebhookEventType, WebhookMessage } from '@runctl/tenants';
import type { EventRow } from '../../store/event-row.ts';
import type { OutboxRow } from '../../store/outbox-rows.ts';
import { agentEvents } from '../events/agent-events.ts';
import { eventId } from '../events/event-id.ts';
import type { EventSubject } from '../events/event-subject.ts';
import { taskEvents } from '../events/task-events.ts';
import { Failure } from '../failure.ts';
import type { StoredThreshold } from '../notifications/stored-threshold.ts';
import type { TenantScope } from '../tenant-scope.ts';
import { formatTimestamp } from '../wire/format-timestamp.ts';
import { parseStored } from '../wire/stored-json.ts';
import type { PlanReader } from '../workflows/find-workflow.ts';
import { workflowEvents } from '../workflows/workflow-events.ts';

/** Bytes of a body with all that there is to say; receivers seldom take more. */
const largestBody = 262_144;

/** What a row of the outbox has to say, and, of a threshold, by which channel. */
export interface ComposedNotice {
  body: string;
  channel: StoredThreshold['channel'] | null;
}

/**
 * Makes what is sent, from the event as it was stored. Null where the event or its subject has been removed meanwhile:
 * there is nothing to tell any more.
 */
export async function composeNotice(
  scope: TenantScope,
  row: OutboxRow,
  plans: PlanReader,
): Promise<ComposedNotice | null> {
  const event = await scope
    .events()
    .selectAll()
    .where('subject_id', '=', row.subject_id)
    .where('seq', '=', row.seq)
    .executeTakeFirst();
  if (event === undefined) return null;
  if (row.event_type === 'billing.threshold') {
    const { channel, ...data } = parseStored<StoredThreshold>(event.data ?? '{}');
    return { body: JSON.stringify(messageOf(row, data)), channel };
  }
  const data = await dataOf(scope, event, plans);
  return data === undefined ? null : { body: bounded(messageOf(row, data)), channel: null };
}

async function dataOf(scope: TenantScope, event: EventRow, plans: PlanReader): Promise<unknown> {
  try {
    const [composed] = await subjectOf(event.subject_id, plans).compose(scope, event.subject_id, [event]);
    return (composed as { data?: unknown } | undefined)?.data;
  } catch (error) {
    // An agent that is deleted has no events any more.
    if (error instanceof Failure && error.status === 404) return undefined;
    throw error;
  }
}

function subjectOf(id: string, plans: PlanReader): EventSubject {
  if (id.startsWith('agt_')) return agentEvents;
  return id.startsWith('wfl_') ? workflowEvents(plans) : taskEvents;
}

function messageOf(row: OutboxRow, data: unknown): WebhookMessage {
  return {
    id: eventId(row.subject_id, row.seq) as EventId,
    type: row.event_type as WebhookEventType,
    timestamp: formatTimestamp(row.created_at),
    tenantId: row.tenant_id as WebhookMessage['tenantId'],
    subjectId: row.subject_id,
    sequence: row.seq,
    truncated: false,
    data,
  };
}

function bounded(message: WebhookMessage): string {
  const whole = JSON.stringify(message);
  if (Buffer.byteLength(whole) <= largestBody) return whole;
  return JSON.stringify({ ...message, truncated: true, data: withoutBulk(message.data as Record<string, unknown>) });
}

/** What can be large, of a task, a workflow and an agent, as empty as its type allows. */
function withoutBulk(data: Record<string, unknown>): unknown {
  const { input, waitingFor } = data;
  const emptied: Record<string, unknown> = {
    input: isObject(input) && 'payload' in input ? { payload: {} } : {},
    waitingFor: isObject(waitingFor) ? withEmpty(waitingFor, bulkOfWait) : waitingFor,
    result: null,
    output: null,
    outputSchema: null,
    metadata: {},
    systemPrompt: '',
    tools: [],
  };
  return withEmpty(data, emptied);
}

/** What is waited for, and by which id it is decided, stays: what is asked is to be read. */
const bulkOfWait = { arguments: {}, question: '', schema: null, taskIds: [] };

function withEmpty(data: object, emptied: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, name in emptied ? emptied[name] : value]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
