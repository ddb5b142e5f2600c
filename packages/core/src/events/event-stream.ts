import { RunctlDecodeError } from '../errors/decode-error.ts';
import { aborted, type Interruption, interruptedBy } from '../interruption.ts';
import { iterateBatches } from '../iterate-batches.ts';
import { checkNumber } from '../options/number-option.ts';
import { parseJson } from '../parse-json.ts';
import type { EventStreamSource } from '../transport/stream-connection.ts';
import { SeenIds } from './seen-ids.ts';
import type { ServerSentEvent } from './sse-parser.ts';
import { lost, readConnections } from './stream-connections.ts';

/**
 * Server-sent events, each one parsed from JSON. Nothing is sent before the first event is asked for. It reconnects with
 * `Last-Event-ID` until the stream says that it has ended, and drops events that it has delivered already. Leaving the
 * loop closes the connection. It reads as fast as the loop does, so a slow loop slows the server down.
 *
 * @throws {RunctlApiError} 401, 403, 404, 410 - and whatever else a repetition would not change
 * @throws {RunctlNetworkError} the server could not be reached, `retries` times in a row
 * @throws {RunctlDecodeError} the answer is no event stream, or an event's data is not JSON; the stream is closed then,
 *   and `lastEventId` is the id of that event, so that a new stream can go on after it
 *
 * @example
 * for await (const event of client.tasks.events.stream(task.id)) {
 *   console.log(event.type, event.data);
 * }
 */
export interface EventStream<Event> extends AsyncIterableIterator<Event> {
  /** The id of the last event that was delivered, to resume after: `stream(id, query, { after: lastEventId })`. */
  readonly lastEventId: string | null;
  /** Ends the stream from outside the loop: the loop ends without an error and the socket closes. */
  close(): Promise<void>;
}

/**
 * Opens a stream over whatever connects it. All of a batch has been delivered before the next one is read, so at each
 * reconnect the last delivered id is the one to resume after.
 *
 * @throws {RunctlConfigError} `idleTimeout` is out of bounds
 */
export function openEventStream<Event>(source: EventStreamSource): EventStream<Event> {
  const { signal, after, idleTimeout = 45_000 } = source.options ?? {};
  checkNumber('idleTimeout', idleTimeout, 1);
  const seen = new SeenIds();
  if (after !== undefined) seen.check(after);
  let interruption: Interruption | undefined;
  let connections: ReturnType<typeof readConnections> | undefined;

  const load = async () => {
    const silent = () => lost(`The stream was silent for ${idleTimeout} ms.`, 'stream.silent');
    interruption ??= interruptedBy(signal, silent);
    connections ??= readConnections(source, seen, interruption, idleTimeout);
    return (await connections.next()).value;
  };
  const take = ({ type, data, id }: ServerSentEvent): Event | undefined => {
    interruption?.check();
    const isRepetition = id && seen.check(id);
    // The standard's empty id means: from the beginning.
    if (id === '') seen.last = null;
    if (type === 'end') void stream.return();
    else if (!isRepetition) return parsed(data) as Event;
    return undefined;
  };
  const leave = () => interruption?.stop(aborted('The stream was closed.'));
  const stream = iterateBatches<ServerSentEvent, Event>({ load, take, leave });
  return {
    ...stream,
    get lastEventId() {
      return seen.last;
    },
    close: async () => void (await stream.return()),
  };
}

function parsed(data: string): unknown {
  const { value, cause } = parseJson(data);
  if (cause === undefined) return value;
  throw new RunctlDecodeError(`An event's data is not JSON: ${data.slice(0, 200)}`, {
    code: 'stream.invalid_event',
    status: 200,
    cause,
  });
}
