import { argumentPieces, argumentText, type ModelReply, type ScriptedToolCall, textPieces } from './model-reply.ts';
import { type ModelProtocol, type ModelScript, type ModelServer, startModelServer } from './model-server.ts';

/** The body of a request. */
export interface ChatRequestBody {
  model: string;
  messages: { role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }[];
  stream?: boolean;
  [field: string]: unknown;
}

const DEFAULT_USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

const chatCompletions: ModelProtocol<ChatRequestBody> = {
  version: '/v1',
  isRoute: (path) => path === '/chat/completions',
  whole: ({ body }, reply) => (body.stream ? null : completion(body.model, reply)),
  *events({ body }, reply) {
    for (const chunk of completionChunks(body.model, reply)) yield `data: ${JSON.stringify(chunk)}\n\n`;
    yield 'data: [DONE]\n\n';
  },
  failure: (_status, error) => ({ error: { type: 'server_error', param: null, code: null, ...error } }),
};

/**
 * Starts a server that speaks OpenAI's chat-completions protocol, streamed or not.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export function startChatCompletionsServer(options: {
  script: ModelScript<ChatRequestBody>;
}): Promise<ModelServer<ChatRequestBody>> {
  return startModelServer(chatCompletions, options.script);
}

function completion(model: string, reply: ModelReply): object {
  const message = {
    role: 'assistant',
    content: textPieces(reply).join('') || null,
    ...(reply.toolCalls && {
      tool_calls: reply.toolCalls.map((call) => ({
        ...headOf(call),
        function: { name: call.name, arguments: argumentText(call) },
      })),
    }),
  };
  return {
    ...frame(model, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finishReasonOf(reply) }],
    ...(reply.usage !== null && { usage: reply.usage ?? DEFAULT_USAGE }),
  };
}

/** An answer as the protocol streams it: a role, the text, the tool calls, the reason of the end, the usage. */
function* completionChunks(model: string, reply: ModelReply): Generator<object> {
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...frame(model, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
  yield chunk({ role: 'assistant', content: '' });
  for (const content of textPieces(reply)) yield chunk({ content });
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    yield chunk({ tool_calls: [{ index, ...headOf(call), function: { name: call.name, arguments: '' } }] });
    for (const piece of argumentPieces(call)) {
      yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield chunk({}, finishReasonOf(reply));
  if (reply.usage !== null) {
    yield { ...frame(model, 'chat.completion.chunk'), choices: [], usage: reply.usage ?? DEFAULT_USAGE };
  }
}

function frame(model: string, object: string): object {
  return { id: 'chatcmpl-test', object, created: 1_700_000_000, model };
}

function headOf({ id }: ScriptedToolCall): object {
  return { type: 'function', ...(id !== undefined && { id }) };
}

function finishReasonOf({ finishReason, toolCalls }: ModelReply): string {
  return finishReason ?? (toolCalls && toolCalls.length > 0 ? 'tool_calls' : 'stop');
}
