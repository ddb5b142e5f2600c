import { EgressRefused } from '../egress/egress-error.ts';
import type { EgressGuard } from '../egress/egress-guard.ts';
import {
  type ModelCallOptions,
  ModelFailure,
  type ModelGateway,
  type ModelRequest,
  type ModelResponse,
  type ProviderProblem,
} from './model.ts';
import { readFailure } from './provider-failure.ts';
import { ProviderRetryBudget } from './provider-retry-budget.ts';
import { type Endpoint, type Environment, findEndpoint, guardFor, isProblem } from './provider-table.ts';
import { retryDelayMs } from './retry-policy.ts';
import { simulate } from './simulated.ts';
import { sleep as sleepByTimer } from './sleep.ts';
import { streamModel } from './stream-model.ts';

/** What a gateway is made of. */
export interface ModelGatewayOptions {
  /** Keys and addresses of the operator's providers. */
  env: Environment;
  egress: EgressGuard;
  /** Waits between attempts. Default: a timer. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1, for jitter. Default `Math.random`. */
  random?: () => number;
  /** Default: the system's clock. */
  clock?: () => Date;
}

/** Makes the one door to every provider. Nothing is loaded or called before the first call. */
export function createModelGateway(options: ModelGatewayOptions): ModelGateway {
  const { env, egress, sleep = sleepByTimer, random = Math.random, clock = () => new Date() } = options;
  const guards = new Map<string, EgressGuard>();
  const budget = new ProviderRetryBudget();

  const guardOf = (endpoint: Endpoint): EgressGuard => {
    if (!endpoint.isOperators) return egress;
    const guard = guards.get(endpoint.baseUrl) ?? guardFor(endpoint, egress);
    guards.set(endpoint.baseUrl, guard);
    return guard;
  };

  const attempt = async (request: ModelRequest, endpoint: Endpoint, call: ModelCallOptions): Promise<ModelResponse> => {
    budget.onCall(endpoint.baseUrl);
    for (let number = 1; ; number += 1) {
      let hasDelta = false;
      const onTextDelta = (text: string) => {
        hasDelta = true;
        call.onTextDelta?.(text);
      };
      try {
        return await streamModel(request, endpoint, guardOf(endpoint), { ...call, onTextDelta });
      } catch (error) {
        call.signal.throwIfAborted();
        const { failure, status, retryAfter } = readFailure(error, endpoint);
        // Text that readers have seen cannot be taken back, so an answer that broke off is not begun again.
        if (!failure.retryable || hasDelta) throw failure;
        const delay = retryDelayMs({ attempt: number, status, retryAfter }, clock(), random);
        if (delay === null || !budget.take(endpoint.baseUrl)) throw failure;
        await sleep(delay, call.signal);
      }
    }
  };

  return {
    async call(request, call) {
      call.signal.throwIfAborted();
      if (request.provider === 'simulated') return simulate(request, call);
      const endpoint = findEndpoint(request.provider, request.settings, env);
      if (isProblem(endpoint)) {
        throw new ModelFailure({ ...endpoint, message: `${endpoint.message} ${endpoint.hint}`, retryable: false });
      }
      return attempt(request, endpoint, call);
    },

    checkProvider(provider, settings) {
      if (provider === 'simulated') return null;
      const endpoint = findEndpoint(provider, settings, env);
      if (isProblem(endpoint)) return endpoint;
      if (settings.baseUrl !== undefined && !endpoint.takesBaseUrl) return strayBaseUrl(provider);
      try {
        guardOf(endpoint).check(endpoint.baseUrl);
        return null;
      } catch (error) {
        if (!(error instanceof EgressRefused)) throw error;
        return { code: 'provider_not_configured', message: error.message, hint: 'Use an address that may be called.' };
      }
    },
  };
}

/** A base URL that would go unheard is a mistake of the agent's author. A fork to another provider may carry it along. */
function strayBaseUrl(provider: string): ProviderProblem {
  return {
    code: 'provider_not_configured',
    message: `The model provider "${provider}" has one address; modelConfig.baseUrl does not change it.`,
    hint: 'Take modelConfig.baseUrl away, or use the provider "openai-compatible".',
  };
}
