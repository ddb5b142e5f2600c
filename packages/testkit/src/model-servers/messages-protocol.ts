import { argumentPieces, type ModelReply, textPieces } from './model-reply.ts';
import { type ModelProtocol, type ModelScript, type ModelServer, startModelServer } from './model-server.ts';

/** The body of a request. */
export interface MessagesRequestBody {
  model: string;
  max_tokens: number;
  messages: { role: string; content: unknown }[];
  system?: unknown;
  stream?: boolean;
  [field: string]: unknown;
}

/** The token counts that come with the first event, and those of the last. */
const DEFAULT_USAGE = { input_tokens: 10, output_tokens: 5 };

const messages: ModelProtocol<MessagesRequestBody> = {
  version: '/v1',
  isRoute: (path) => path === '/messages',
  // The runtime always streams.
  whole: () => null,
  *events({ body }, reply) {
    for (const event of messageEvents(body.model, reply)) {
      yield `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    }
  },
  failure: (status, { message, type = status === 529 ? 'overloaded_error' : 'api_error' }) => ({
    type: 'error',
    error: { type, message },
    request_id: 'req_test',
  }),
};

/**
 * Starts a server that speaks Anthropic's messages protocol, streamed.
 *
 * @see https://docs.anthropic.com/en/api/messages-streaming
 */
export function startMessagesServer(options: {
  script: ModelScript<MessagesRequestBody>;
}): Promise<ModelServer<MessagesRequestBody>> {
  return startModelServer(messages, options.script);
}

interface MessageEvent {
  type: string;
  [field: string]: unknown;
}

/** An answer as the protocol streams it: a head, each block with a start, deltas and a stop, and how it ended. */
function* messageEvents(model: string, reply: ModelReply): Generator<MessageEvent> {
  const usage = reply.usage === null ? {} : { ...DEFAULT_USAGE, ...reply.usage };
  yield { type: 'message_start', message: { ...head(model), usage: { ...usage, output_tokens: 1 } } };
  yield { type: 'ping' };
  let index = 0;
  if (reply.reasoning !== undefined) {
    yield* block(index++, { type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking: reply.reasoning },
      { type: 'signature_delta', signature: 'c2lnbmF0dXJl' },
    ]);
  }
  const pieces = textPieces(reply);
  if (pieces.length > 0) {
    const deltas = pieces.map((text) => ({ type: 'text_delta', text }));
    yield* block(index++, { type: 'text', text: '' }, deltas);
  }
  for (const call of reply.toolCalls ?? []) {
    const deltas = [...argumentPieces(call)].map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
    const start = { type: 'tool_use', id: call.id ?? `toolu_${index}`, name: call.name, input: {} };
    yield* block(index++, start, [{ type: 'input_json_delta', partial_json: '' }, ...deltas]);
  }
  yield { type: 'message_delta', delta: { stop_reason: stopReasonOf(reply), stop_sequence: null }, usage };
  yield { type: 'message_stop' };
}

function* block(index: number, start: object, deltas: readonly object[]): Generator<MessageEvent> {
  yield { type: 'content_block_start', index, content_block: start };
  for (const delta of deltas) yield { type: 'content_block_delta', index, delta };
  yield { type: 'content_block_stop', index };
}

function head(model: string): object {
  return {
    id: 'msg_test',
    type: 'message',
    role: 'assistant',
    content: [],
    model,
    stop_reason: null,
    stop_sequence: null,
  };
}

function stopReasonOf({ finishReason, toolCalls }: ModelReply): string {
  return finishReason ?? (toolCalls && toolCalls.length > 0 ? 'tool_use' : 'end_turn');
}
