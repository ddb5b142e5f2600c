import { NodeBody } from './node-fetch-body.ts';
import { decoded } from './node-fetch-decode.ts';
import { NodeHeaders } from './node-fetch-headers.ts';
import type { IncomingMessage } from './node-fetch-platform.ts';

/** An answer with what the transport reads of a `Response`. */
export class NodeAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly type = 'basic';
  readonly url: string;
  readonly headers: NodeHeaders;
  readonly body: NodeBody | null;

  /** `onEnd` is called once, when the body is complete or never will be. */
  constructor(message: IncomingMessage, { url, method }: { url: string; method: string }, onEnd: () => void) {
    const { statusCode = 0, statusMessage = '', rawHeaders } = message;
    const hasBody = method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
    this.status = statusCode;
    this.statusText = statusMessage;
    this.url = url;
    this.headers = new NodeHeaders(rawHeaders);
    // Read in either case: only then is the connection free for the next request.
    const body = new NodeBody(hasBody ? decoded(message) : message, onEnd);
    this.body = hasBody ? body : null;
  }

  /** Ends a body that is still coming, and with it the connection. */
  fail(reason: unknown): void {
    this.body?.fail(reason);
  }

  /** A real `Response`, for who is not the transport. */
  toResponse(): Response {
    const { status, statusText, headers, url } = this;
    const response = new Response(this.body && webStream(this.body), { status, statusText, headers });
    return Object.defineProperty(response, 'url', { value: url });
  }
}

function webStream(body: NodeBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await body.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}
