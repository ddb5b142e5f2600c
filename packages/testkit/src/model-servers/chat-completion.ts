/** One turn of the scripted model, or one failure of its server. */
export interface ChatReply {
  /** The pieces are streamed one by one. */
  text?: string | readonly string[];
  /** Arguments as text are sent as they are, broken JSON too. A missing id is sent as none. */
  toolCalls?: readonly { id?: string; name: string; arguments: object | string }[];
  /** As the protocol has it; null sends none. Default: 10 prompt and 5 completion tokens. */
  usage?: object | null;
  /** Default: `tool_calls` where there are some, else `stop`. */
  finishReason?: string;
  /** An answer other than 200, with `error` as its message. */
  status?: number;
  error?: { message: string; code?: string };
  headers?: Record<string, string>;
  /** Sent instead of a body. */
  raw?: string;
  /** The connection is cut after so many chunks. */
  cutAfterChunks?: number;
  /** Before the answer, milliseconds. */
  delayMs?: number;
}

const DEFAULT_USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
/** Tool arguments come in pieces of this length. */
const ARGUMENT_PIECE = 7;

/** An answer in one piece. */
export function completion(model: string, reply: ChatReply): object {
  const message = {
    role: 'assistant',
    content: piecesOf(reply).join('') || null,
    ...(reply.toolCalls && {
      tool_calls: reply.toolCalls.map((call) => ({ ...headOf(call), function: bodyOf(call) })),
    }),
  };
  return {
    ...frame(model, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finishReasonOf(reply) }],
    ...(reply.usage !== null && { usage: reply.usage ?? DEFAULT_USAGE }),
  };
}

/** An answer as the protocol streams it: a role, the text, the tool calls, the reason of the end, the usage. */
export function* completionChunks(model: string, reply: ChatReply): Generator<object> {
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...frame(model, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });
  yield chunk({ role: 'assistant', content: '' });
  for (const content of piecesOf(reply)) yield chunk({ content });
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const { name, arguments: text } = bodyOf(call);
    yield chunk({ tool_calls: [{ index, ...headOf(call), function: { name, arguments: '' } }] });
    for (let start = 0; start < text.length; start += ARGUMENT_PIECE) {
      const piece = text.slice(start, start + ARGUMENT_PIECE);
      yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  }
  yield chunk({}, finishReasonOf(reply));
  if (reply.usage !== null) {
    yield { ...frame(model, 'chat.completion.chunk'), choices: [], usage: reply.usage ?? DEFAULT_USAGE };
  }
}

type ScriptedCall = NonNullable<ChatReply['toolCalls']>[number];

function frame(model: string, object: string): object {
  return { id: 'chatcmpl-test', object, created: 1_700_000_000, model };
}

function piecesOf({ text = [] }: ChatReply): readonly string[] {
  return typeof text === 'string' ? [text] : text;
}

function headOf({ id }: ScriptedCall): object {
  return { type: 'function', ...(id !== undefined && { id }) };
}

function bodyOf({ name, arguments: args }: ScriptedCall): { name: string; arguments: string } {
  return { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
}

function finishReasonOf({ finishReason, toolCalls }: ChatReply): string {
  return finishReason ?? (toolCalls && toolCalls.length > 0 ? 'tool_calls' : 'stop');
}
