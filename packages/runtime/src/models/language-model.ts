import type { LanguageModelV3, SharedV3ProviderOptions } from '@ai-sdk/provider';
import type { ModelRequest } from './model.ts';
import type { Endpoint, Protocol } from './provider-table.ts';

/** How a protocol's package is used. */
interface Dialect {
  /** Makes the model; the package is loaded with the first call. */
  load(request: ModelRequest, endpoint: Endpoint, fetch: typeof globalThis.fetch): Promise<LanguageModelV3>;
  /** What the package is told besides the settings that all of them share. */
  options(request: ModelRequest): SharedV3ProviderOptions;
  /** Whether the provider takes the output schema; where not, the system prompt alone says it. */
  takesSchema(request: ModelRequest): boolean;
}

/** The one place that knows the provider packages. */
const DIALECTS: Readonly<Record<Protocol, Dialect>> = {
  'chat-completions': {
    async load(request, endpoint, fetch) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const provider = createOpenAICompatible({
        name: request.provider,
        baseURL: endpoint.baseUrl,
        ...(endpoint.apiKey !== undefined && { apiKey: endpoint.apiKey }),
        includeUsage: true,
        supportsStructuredOutputs: true,
        fetch,
        transformRequestBody: endpoint.saysCompletionTokens ? renameMaxTokens : (body) => body,
      });
      return provider.chatModel(request.model);
    },
    // Strict mode takes a subset of JSON Schema only; the answer is checked by the loop.
    options: () => ({ openaiCompatible: { strictJsonSchema: false } }),
    takesSchema: () => true,
  },
  messages: {
    async load(request, endpoint, fetch) {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ ...access(endpoint), fetch }).languageModel(request.model);
    },
    // A conversation with tools is sent again and again, each time a little longer: a cached beginning costs a tenth.
    options: ({ tools }) => ({ anthropic: tools.length > 0 ? { cacheControl: { type: 'ephemeral' } } : {} }),
    takesSchema: () => true,
  },
  'generate-content': {
    async load(request, endpoint, fetch) {
      const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
      return createGoogleGenerativeAI({ ...access(endpoint), fetch }).languageModel(request.model);
    },
    options: () => ({}),
    // Gemini 1 and 2 refuse a schema beside tools.
    takesSchema: ({ model, tools }) => tools.length === 0 || !/(^|\/)gemini-[12]\b/.test(model),
  },
};

/** Makes the model that a request names, over a `fetch` of ours. */
export function loadLanguageModel(
  request: ModelRequest,
  endpoint: Endpoint,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModelV3> {
  return DIALECTS[endpoint.protocol].load(request, endpoint, fetch);
}

/** What a protocol's package is told besides the settings that all of them share. */
export function dialectOptions(
  request: ModelRequest,
  protocol: Protocol,
): { providerOptions: SharedV3ProviderOptions; takesSchema: boolean } {
  const dialect = DIALECTS[protocol];
  return { providerOptions: dialect.options(request), takesSchema: dialect.takesSchema(request) };
}

function access({ baseUrl, apiKey = '' }: Endpoint): { baseURL: string; apiKey: string } {
  return { baseURL: baseUrl, apiKey };
}

/** OpenAI's reasoning models refuse the old name. */
function renameMaxTokens({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens };
}
