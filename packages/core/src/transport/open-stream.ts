import { type EventStream, openEventStream } from '../events/event-stream.ts';
import type { StreamOptions } from '../options/request-options.ts';
import { Call } from './call.ts';
import { type CallPlan, planRequest } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import type { TransportRequest } from './transport.ts';

/**
 * Plans a stream and hands its connections to the event stream, which makes the first one when it is first read.
 *
 * @throws {RunctlValidationError} status 0 - an id or the query cannot be sent
 */
export function openStream<Event>(
  client: ClientParts,
  request: TransportRequest,
  options: StreamOptions = {},
): EventStream<Event> {
  const { after, idleTimeout, signal, ...others } = options;
  const plan = planRequest(client.options, request, { ...others, retries: 0, totalTimeout: false });
  plan.as = 'stream';
  plan.headers.accept = 'text/event-stream';
  const connect = (lastEventId: string | null, connectionSignal: AbortSignal): Promise<Response> => {
    const headers = isHeaderText(lastEventId) ? { ...plan.headers, 'last-event-id': lastEventId } : plan.headers;
    const connection: CallPlan = { ...plan, headers, signal: connectionSignal };
    return new Call(client, connection).send() as Promise<Response>;
  };
  return openEventStream<Event>({ connect, options, maxRetryAfter: client.options.maxRetryAfter });
}

/** An id that no header can carry is left out: the stream then starts anew, and the reader drops what it has seen. */
function isHeaderText(id: string | null): id is string {
  return id !== null && /^[\x20-\x7e\x80-\xff]+$/.test(id);
}
