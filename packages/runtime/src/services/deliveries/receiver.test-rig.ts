import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a receiver got. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** How a receiver answers: with a status, or by hand. */
export type Answer = number | ((response: ServerResponse, index: number) => unknown);

/** A real HTTP server on 127.0.0.1 that is told of things. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Requests that were under way at once, at most. */
  readonly mostAtOnce: number;
  answer: Answer;
  /** Closes the port; {@link open} opens the same one again. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** Starts one; it answers with 204 until told otherwise. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  let port = 0;
  const make = () =>
    createServer(async (request, response) => {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      response.once('close', () => {
        atOnce -= 1;
      });
      let body = '';
      for await (const chunk of request) body += chunk;
      const index = received.push({ headers: request.headers, body }) - 1;
      if (typeof receiver.answer === 'function') receiver.answer(response, index);
      else response.writeHead(receiver.answer).end();
    });
  let server = make();
  const receiver = {
    received,
    answer: 204 as Answer,
    get url() {
      return `http://127.0.0.1:${port}/hook`;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    open: async () => {
      server = make();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      ({ port } = server.address() as AddressInfo);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await receiver.open();
  return receiver;
}
