import type { EgressGuard } from '../egress/egress-guard.ts';
import { nearestName } from '../nearest-name.ts';
import type { ModelSettings, ProviderProblem } from './model.ts';

/** Variables of the process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a provider speaks: OpenAI's chat completions, Anthropic's messages, Google's generateContent. */
export type Protocol = 'chat-completions' | 'messages' | 'generate-content';

/** Where a provider's models are called. */
export interface Endpoint {
  protocol: Protocol;
  baseUrl: string;
  /** Only for the operator's own address: a tenant's `baseUrl` never gets the operator's key. */
  apiKey: string | undefined;
  /** The address is the operator's, from the environment. */
  isOperators: boolean;
  /** Whether an agent's `modelConfig.baseUrl` counts. */
  takesBaseUrl: boolean;
  /** `max_completion_tokens` instead of `max_tokens`. */
  saysCompletionTokens: boolean;
}

interface ProviderRow {
  protocol: Protocol;
  keyVariable: string | null;
  isKeyRequired: boolean;
  urlVariable: string;
  defaultUrl: string | null;
  /** Whether an agent's `modelConfig.baseUrl` counts. */
  takesBaseUrl: boolean;
  /** The end of a path that an address in the environment may leave out, as the provider's own packages have it. */
  versionPath?: string;
}

/** Every provider that is called over the network. */
const PROVIDERS: ReadonlyMap<string, ProviderRow> = new Map<string, ProviderRow>([
  [
    'openai',
    {
      protocol: 'chat-completions',
      keyVariable: 'OPENAI_API_KEY',
      isKeyRequired: true,
      urlVariable: 'OPENAI_BASE_URL',
      defaultUrl: 'https://api.openai.com/v1',
      takesBaseUrl: false,
    },
  ],
  [
    'anthropic',
    {
      protocol: 'messages',
      keyVariable: 'ANTHROPIC_API_KEY',
      isKeyRequired: true,
      urlVariable: 'ANTHROPIC_BASE_URL',
      defaultUrl: 'https://api.anthropic.com/v1',
      takesBaseUrl: false,
      versionPath: '/v1',
    },
  ],
  [
    'google',
    {
      protocol: 'generate-content',
      keyVariable: 'GOOGLE_GENERATIVE_AI_API_KEY',
      isKeyRequired: true,
      urlVariable: 'GOOGLE_GENERATIVE_AI_BASE_URL',
      defaultUrl: 'https://generativelanguage.googleapis.com/v1beta',
      takesBaseUrl: false,
      versionPath: '/v1beta',
    },
  ],
  [
    'openai-compatible',
    {
      protocol: 'chat-completions',
      keyVariable: 'OPENAI_COMPATIBLE_API_KEY',
      isKeyRequired: false,
      urlVariable: 'OPENAI_COMPATIBLE_BASE_URL',
      defaultUrl: null,
      takesBaseUrl: true,
    },
  ],
  [
    'ollama',
    {
      protocol: 'chat-completions',
      keyVariable: null,
      isKeyRequired: false,
      urlVariable: 'OLLAMA_BASE_URL',
      defaultUrl: null,
      takesBaseUrl: true,
    },
  ],
]);

/** Every provider that this runtime can call. */
export const PROVIDER_NAMES: readonly string[] = ['simulated', ...PROVIDERS.keys()];

/** Finds where a provider is called, or says what is missing. */
export function findEndpoint(provider: string, settings: ModelSettings, env: Environment): Endpoint | ProviderProblem {
  const row = PROVIDERS.get(provider);
  if (!row) return unsupported(provider);
  const apiKey = (row.keyVariable && env[row.keyVariable]) || undefined;
  if (row.isKeyRequired && !apiKey) return missingKey(provider, row);
  const operatorsUrl = withVersion(env[row.urlVariable] || row.defaultUrl, row);
  const tenantsUrl = row.takesBaseUrl ? settings.baseUrl : undefined;
  const baseUrl = tenantsUrl ?? operatorsUrl;
  if (!baseUrl) return missingUrl(provider, row);
  const isOperators = operatorsUrl !== null && trimSlash(baseUrl) === trimSlash(operatorsUrl);
  return {
    protocol: row.protocol,
    baseUrl: trimSlash(baseUrl),
    apiKey: isOperators ? apiKey : undefined,
    isOperators,
    takesBaseUrl: row.takesBaseUrl,
    saysCompletionTokens: provider === 'openai',
  };
}

/** Tells a problem from an endpoint. */
export function isProblem(found: Endpoint | ProviderProblem): found is ProviderProblem {
  return 'code' in found;
}

/** The guard for an endpoint: what the operator configured is open by being configured. */
export function guardFor(endpoint: Endpoint, egress: EgressGuard): EgressGuard {
  return endpoint.isOperators && URL.canParse(endpoint.baseUrl) ? egress.opening([hostOf(endpoint.baseUrl)]) : egress;
}

function hostOf(baseUrl: string): string {
  const { hostname, port, protocol } = new URL(baseUrl);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function withVersion(url: string | null, { versionPath = '' }: ProviderRow): string | null {
  if (url === null || trimSlash(url).endsWith(versionPath)) return url;
  return `${trimSlash(url)}${versionPath}`;
}

function trimSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

function unsupported(provider: string): ProviderProblem {
  const meant = nearestName(provider, PROVIDER_NAMES);
  const question = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return {
    code: 'provider_unsupported',
    message: `This runtime has no model provider ${JSON.stringify(provider)}.${question}`,
    hint: `Use one of ${PROVIDER_NAMES.join(', ')}.`,
  };
}

function missingKey(provider: string, row: ProviderRow): ProviderProblem {
  return {
    code: 'provider_not_configured',
    message: `The model provider "${provider}" has no API key.`,
    hint: `Set ${row.keyVariable} where the runtime is started, or use the provider "simulated", which needs none.`,
  };
}

function missingUrl(provider: string, row: ProviderRow): ProviderProblem {
  return {
    code: 'provider_not_configured',
    message: `The model provider "${provider}" has no address.`,
    hint: `Set modelConfig.baseUrl of the agent, or ${row.urlVariable} where the runtime is started.`,
  };
}
