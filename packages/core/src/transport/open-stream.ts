import { type EventStream, openEventStream } from '../events/event-stream.ts';
import { isHeaderText } from '../options/headers.ts';
import type { StreamOptions } from '../options/request-options.ts';
import { call } from './call.ts';
import { planRequest } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import type { ConnectStream } from './stream-connection.ts';
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
  const plan = planRequest(client, request, { ...options, retries: 0, totalTimeout: false });
  const connect: ConnectStream = (lastEventId, signal) => {
    const headers: Record<string, string> = { ...plan.headers, accept: 'text/event-stream' };
    // An id that no header can carry is left out: the stream then starts anew, and the reader drops what it has seen.
    if (lastEventId && isHeaderText(lastEventId)) headers['last-event-id'] = lastEventId;
    return call(client, { ...plan, as: 'stream', headers, signal }) as Promise<Response>;
  };
  return openEventStream<Event>({ connect, options, maxRetryAfter: client.maxRetryAfter });
}
