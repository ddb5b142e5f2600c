import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ChatReply, completion, completionChunks } from './chat-completion.ts';

export type { ChatReply } from './chat-completion.ts';

/** What the server was asked. */
export interface RecordedChatRequest {
  headers: IncomingHttpHeaders;
  body: {
    model: string;
    messages: { role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }[];
    stream?: boolean;
    [field: string]: unknown;
  };
}

/** A running server. */
export interface ChatCompletionsServer {
  /** With `/v1`, as clients want it. */
  baseUrl: string;
  requests: RecordedChatRequest[];
  /** Requests whose client went away before the answer was complete. */
  readonly aborted: number;
  close(): Promise<void>;
}

/** A list is used up in order; what asks for more gets a 500. */
export type ChatScript =
  | readonly ChatReply[]
  | ((request: RecordedChatRequest, index: number) => ChatReply | Promise<ChatReply>);

/**
 * Starts a real HTTP server on 127.0.0.1 that speaks OpenAI's chat-completions protocol, streamed or not, and answers
 * by a script.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export async function startChatCompletionsServer(options: { script: ChatScript }): Promise<ChatCompletionsServer> {
  const requests: RecordedChatRequest[] = [];
  let aborted = 0;
  const server = createServer(async (request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) aborted += 1;
    });
    if (request.method !== 'POST' || request.url !== '/v1/chat/completions') {
      return fail(response, { status: 404, error: { message: `No route ${request.method} ${request.url}.` } });
    }
    const recorded = { headers: request.headers, body: JSON.parse(await readText(request)) };
    const index = requests.push(recorded) - 1;
    await answer(response, recorded, await replyFor(options.script, recorded, index));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    get aborted() {
      return aborted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function replyFor(script: ChatScript, request: RecordedChatRequest, index: number): Promise<ChatReply> {
  if (typeof script === 'function') return script(request, index);
  return script[index] ?? { status: 500, error: { message: `The script has ${script.length} replies.` } };
}

async function answer(response: ServerResponse, request: RecordedChatRequest, reply: ChatReply): Promise<void> {
  if (reply.delayMs) await pause(reply.delayMs);
  if (response.destroyed) return;
  if (reply.status !== undefined && reply.status !== 200) return fail(response, reply);
  if (reply.raw !== undefined) {
    response.writeHead(200, { 'content-type': 'text/event-stream', ...reply.headers }).end(reply.raw);
  } else if (request.body.stream) {
    await stream(response, request, reply);
  } else {
    response.writeHead(200, { 'content-type': 'application/json', ...reply.headers });
    response.end(JSON.stringify(completion(request.body.model, reply)));
  }
}

async function stream(response: ServerResponse, request: RecordedChatRequest, reply: ChatReply): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...reply.headers });
  let sent = 0;
  for (const chunk of completionChunks(request.body.model, reply)) {
    if (sent === reply.cutAfterChunks || response.destroyed) return void response.destroy();
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    sent += 1;
    // Lets each chunk leave on its own, as a model's do.
    await new Promise(setImmediate);
  }
  response.end('data: [DONE]\n\n');
}

function fail(response: ServerResponse, { status = 500, error, headers }: ChatReply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { type: 'server_error', param: null, code: null, ...error } }));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
