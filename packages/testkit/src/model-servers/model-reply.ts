/** One turn of a scripted model, or one failure of its server, whatever the protocol. */
export interface ModelReply {
  /** The pieces are streamed one by one. */
  text?: string | readonly string[];
  /** What the model thought before, where the protocol has it. */
  reasoning?: string;
  /** Arguments as text are sent as they are, broken JSON too, where the protocol sends text. A missing id is sent as none. */
  toolCalls?: readonly { id?: string; name: string; arguments: object | string; signature?: string }[];
  /** As the protocol has it; null sends none. Default: 10 tokens in and 5 out. */
  usage?: object | null;
  /** As the protocol has it. Default: the one of an answer that is complete. */
  finishReason?: string;
  /** An answer other than 200, with `error` as its message. */
  status?: number;
  error?: { message: string; code?: string; type?: string; details?: readonly object[] };
  headers?: Record<string, string>;
  /** Sent instead of a body. */
  raw?: string;
  /** The connection is cut after so many events. */
  cutAfterChunks?: number;
  /** The stream ends, properly, after so many events. */
  endAfterChunks?: number;
  /** Before the answer, milliseconds. */
  delayMs?: number;
}

/** A tool call of a reply. */
export type ScriptedToolCall = NonNullable<ModelReply['toolCalls']>[number];

/** Tool arguments come in pieces of this length. */
const ARGUMENT_PIECE = 7;

/** The text of a reply, in its pieces. */
export function textPieces({ text = [] }: ModelReply): readonly string[] {
  return typeof text === 'string' ? [text] : text;
}

/** The arguments of a call, as text. */
export function argumentText({ arguments: args }: ScriptedToolCall): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

/** The arguments of a call, as text in short pieces. */
export function* argumentPieces(call: ScriptedToolCall): Generator<string> {
  const text = argumentText(call);
  for (let start = 0; start < text.length; start += ARGUMENT_PIECE) yield text.slice(start, start + ARGUMENT_PIECE);
}
