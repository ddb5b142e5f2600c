import { argumentText, type ModelReply, textPieces } from './model-reply.ts';
import { type ModelProtocol, type ModelScript, type ModelServer, startModelServer } from './model-server.ts';

/** The body of a request. */
export interface GenerateContentRequestBody {
  contents: { role: string; parts: Record<string, unknown>[] }[];
  systemInstruction?: unknown;
  generationConfig?: Record<string, unknown>;
  [field: string]: unknown;
}

const DEFAULT_USAGE = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
const STATUS_NAMES: ReadonlyMap<number, string> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [429, 'RESOURCE_EXHAUSTED'],
  [500, 'INTERNAL'],
  [503, 'UNAVAILABLE'],
]);

const generateContent: ModelProtocol<GenerateContentRequestBody> = {
  version: '/v1beta',
  isRoute: (path) => /^\/models\/[^/]+:streamGenerateContent\?alt=sse$/.test(path),
  // The runtime always streams.
  whole: () => null,
  *events(_request, reply) {
    for (const chunk of contentChunks(reply)) yield `data: ${JSON.stringify(chunk)}\r\n\r\n`;
  },
  failure: (status, { message, details }) => ({
    error: { code: status, message, status: STATUS_NAMES.get(status) ?? 'UNKNOWN', ...(details && { details }) },
  }),
};

/**
 * Starts a server that speaks Google's generateContent protocol, streamed.
 *
 * @see https://ai.google.dev/api/generate-content
 */
export function startGenerateContentServer(options: {
  script: ModelScript<GenerateContentRequestBody>;
}): Promise<ModelServer<GenerateContentRequestBody>> {
  return startModelServer(generateContent, options.script);
}

/** An answer as the protocol streams it: parts, a chunk each, the last with the reason of the end and the usage. */
function* contentChunks(reply: ModelReply): Generator<object> {
  if (reply.reasoning !== undefined) yield chunk([{ text: reply.reasoning, thought: true }]);
  for (const text of textPieces(reply)) yield chunk([{ text }]);
  for (const call of reply.toolCalls ?? []) {
    const functionCall = {
      ...(call.id !== undefined && { id: call.id }),
      name: call.name,
      args: JSON.parse(argumentText(call) || '{}'),
    };
    yield chunk([{ functionCall, ...(call.signature !== undefined && { thoughtSignature: call.signature }) }]);
  }
  yield {
    ...chunk([{ text: '' }], reply.finishReason ?? 'STOP'),
    ...(reply.usage !== null && { usageMetadata: reply.usage ?? DEFAULT_USAGE }),
  };
}

function chunk(parts: readonly object[], finishReason?: string): object {
  const candidate = { content: { role: 'model', parts }, index: 0, ...(finishReason && { finishReason }) };
  return { candidates: [candidate], modelVersion: 'test', responseId: 'response_test' };
}
