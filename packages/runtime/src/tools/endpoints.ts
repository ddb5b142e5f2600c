import { EgressFailure } from '../egress/egress-error.ts';
import type { EgressGuard, EgressRequest, EgressResponse } from '../egress/egress-guard.ts';
import { type Circuit, enter, leave, unknownCircuit } from './circuit.ts';
import { ToolFailure } from './tool.ts';

/** How many calls of one tenant to one origin hold a task's slot. */
export interface EndpointLimits {
  /** Calls under way. Default 64. */
  concurrent: number;
  /** Calls that wait for one of those to end; more are refused. Default 128. */
  waiting: number;
}

/** Of a worker's 256 slots a quarter under way, and a quarter left over for everybody else. */
const DEFAULT_LIMITS: EndpointLimits = { concurrent: 64, waiting: 128 };
/** Endpoints that are remembered without a call under way. */
const MOST_ENDPOINTS = 1_000;

interface Endpoint {
  circuit: Circuit;
  running: number;
  /** Called in turn, with what ends the waiting. */
  waiting: Set<() => void>;
}

/**
 * Calls of tools by address, bounded for each tenant and origin, so that an endpoint that is slow or down holds neither
 * every slot nor another tenant's calls.
 */
export class Endpoints {
  readonly #egress: EgressGuard;
  readonly #now: () => number;
  readonly #limits: EndpointLimits;
  readonly #endpoints = new Map<string, Endpoint>();

  constructor(egress: EgressGuard, now: () => number, limits = DEFAULT_LIMITS) {
    this.#egress = egress;
    this.#now = now;
    this.#limits = limits;
  }

  /**
   * As the guard's `fetch`, in the endpoint's turn.
   *
   * @throws {ToolFailure} `tool_overloaded` - too many calls wait already. `tool_unavailable` - the endpoint failed again
   * and again and is left alone for a while.
   */
  async fetch(tenantId: string, url: string, request: EgressRequest): Promise<EgressResponse> {
    const origin = URL.canParse(url) ? new URL(url).origin : url;
    const key = `${tenantId} ${origin}`;
    const endpoint = this.#endpointOf(key);
    await this.#turn(endpoint, origin, request);
    let outcome: Parameters<typeof leave>[1] = 'given-up';
    try {
      const response = await this.#egress.fetch(url, request);
      outcome = response.status >= 500 ? 'fault' : 'answer';
      return response;
    } catch (error) {
      if (error instanceof EgressFailure) outcome = error.code === 'too_large' ? 'answer' : 'fault';
      throw error;
    } finally {
      endpoint.circuit = leave(endpoint.circuit, outcome, this.#now());
      release(endpoint);
      if (endpoint.running === 0 && endpoint.circuit === unknownCircuit) this.#endpoints.delete(key);
    }
  }

  #endpointOf(key: string): Endpoint {
    const endpoint = this.#endpoints.get(key) ?? { circuit: unknownCircuit, running: 0, waiting: new Set() };
    // Put in again, it is the last one to be forgotten.
    this.#endpoints.delete(key);
    this.#endpoints.set(key, endpoint);
    if (this.#endpoints.size > MOST_ENDPOINTS) {
      for (const [other, { running, waiting }] of this.#endpoints) {
        if (running > 0 || waiting.size > 0 || other === key) continue;
        this.#endpoints.delete(other);
        break;
      }
    }
    return endpoint;
  }

  async #turn(endpoint: Endpoint, origin: string, request: EgressRequest): Promise<void> {
    const { concurrent, waiting } = this.#limits;
    if (endpoint.running < concurrent) endpoint.running += 1;
    else if (endpoint.waiting.size < waiting) await turnIn(endpoint.waiting, request);
    else {
      const load = `${endpoint.running} calls to it are under way and ${endpoint.waiting.size} wait`;
      throw new ToolFailure({
        code: 'tool_overloaded',
        message: `${origin} was not called: ${load}. Try again later.`,
      });
    }
    // Asked after the waiting: what ended meanwhile may have been the fault that opens the circuit.
    const circuit = enter(endpoint.circuit, this.#now());
    if (circuit === null) {
      release(endpoint);
      const message = `${origin} was not called: it failed again and again and is left alone for a while.`;
      throw new ToolFailure({ code: 'tool_unavailable', message });
    }
    endpoint.circuit = circuit;
  }
}

/** Hands the place of a call to the next one, or gives it back. */
function release(endpoint: Endpoint): void {
  const [next] = endpoint.waiting;
  if (next === undefined) endpoint.running -= 1;
  else next();
}

/** Waits for a place, no longer than the request itself may take. */
function turnIn(queue: Set<() => void>, { signal, timeoutMs }: EgressRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (end: () => void) => () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      queue.delete(onTurn);
      end();
    };
    const onTurn = done(resolve);
    const onAbort = done(() => reject(signal?.reason));
    const late = done(() => reject(new EgressFailure('timeout', `No turn within ${timeoutMs} ms.`)));
    const timer = setTimeout(late, timeoutMs);
    signal?.addEventListener('abort', onAbort);
    queue.add(onTurn);
  });
}
