import type { AgentLogsQuery } from '@runctl/agents';
import type { JsonValue, Period, PeriodQuery, WireQuery } from '@runctl/core';
import type { SubmitFeedbackInput, TaskStatsQuery } from '@runctl/tasks';
import * as z from 'zod';
import { idText, longestNote, timestamp } from './fields.ts';
import { pageFields } from './list-query.ts';
import { wire, wireQuery } from './wire.ts';

const period = z.custom<Period>(
  (value) => typeof value === 'string' && /^(hour|day|week|month|[1-9]\d{0,5}[mhdw])$/.test(value),
  { message: 'Invalid period: expected hour, day, week, month, or a number and m, h, d or w, such as 24h' },
);

const periodFields = {
  period: period.exactOptional(),
  from: timestamp.exactOptional(),
  to: timestamp.exactOptional(),
  granularity: z.enum(['minute', 'hour', 'day', 'week', 'auto']).exactOptional(),
};

/** Any route with a window of time. */
export const periodQuery = wireQuery<WireQuery<PeriodQuery>>()(z.strictObject(periodFields));

/** `GET /tasks/stats`, `GET /tasks/history` */
export const taskStatsQuery = wireQuery<WireQuery<TaskStatsQuery>>()(
  z.strictObject({ ...periodFields, agentId: idText.exactOptional(), teamId: idText.exactOptional() }),
);

/** `GET /agents/:agentId/logs` */
export const agentLogsQuery = wireQuery<WireQuery<AgentLogsQuery>>()(
  z.strictObject({
    limit: pageFields.limit,
    cursor: pageFields.cursor,
    level: z.enum(['debug', 'info', 'warn', 'error']).exactOptional(),
    taskId: idText.exactOptional(),
    from: timestamp.exactOptional(),
    to: timestamp.exactOptional(),
  }),
);

const anyJson = z.custom<JsonValue>((value) => value !== undefined, {
  message: 'Invalid input: expected a JSON value',
});

/** `POST /tasks/:taskId/feedback` */
export const submitFeedbackInput = wire<SubmitFeedbackInput>()(
  z.strictObject({
    verdict: z.enum(['approved', 'rejected', 'edited']),
    comment: z.string().max(longestNote).exactOptional(),
    correctedResult: anyJson.exactOptional(),
  }),
);
