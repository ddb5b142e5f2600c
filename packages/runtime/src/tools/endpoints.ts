import { EgressFailure } from '../egress/egress-error.ts';
import type { EgressGuard, EgressRequest, EgressResponse } from '../egress/egress-guard.ts';
import { type Circuit, enter, leave, unknownCircuit } from './circuit.ts';
import { ToolFailure } from './tool.ts';

/** How many calls of one tenant hold a task's slot. */
export interface EndpointLimits {
  /** Calls to one origin that are under way. */
  concurrent: number;
  /** Calls to it that wait for one of those to end; more are refused. */
  waiting: number;
  /** Calls to all origins, under way or waiting; more are refused. Default: no bound of its own. */
  ofTenant?: number;
}

/**
 * Of a worker's slots a slow origin holds a quarter with calls under way and half with such as wait, and all of a
 * tenant's origins together seven eighths: the rest is left over for everybody else.
 */
export function limitsWithin(slots: number): EndpointLimits {
  const concurrent = Math.max(Math.floor(slots / 4), 1);
  return { concurrent, waiting: Math.floor(slots / 2), ofTenant: Math.max(slots - Math.ceil(slots / 8), concurrent) };
}

const DEFAULT_SLOTS = 256;
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
  /** Calls of each tenant, under way or waiting. */
  readonly #held = new Map<string, number>();

  constructor(egress: EgressGuard, now: () => number, limits = limitsWithin(DEFAULT_SLOTS)) {
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
    const held = this.#held.get(tenantId) ?? 0;
    if (held >= (this.#limits.ofTenant ?? Number.POSITIVE_INFINITY)) {
      throw overloaded(origin, `${held} calls of the tenant are under way or wait`);
    }
    this.#held.set(tenantId, held + 1);
    try {
      return await this.#call(key, origin, url, request);
    } finally {
      const left = (this.#held.get(tenantId) ?? 1) - 1;
      if (left === 0) this.#held.delete(tenantId);
      else this.#held.set(tenantId, left);
    }
  }

  async #call(key: string, origin: string, url: string, request: EgressRequest): Promise<EgressResponse> {
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
      throw overloaded(origin, `${endpoint.running} calls to it are under way and ${endpoint.waiting.size} wait`);
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

function overloaded(origin: string, load: string): ToolFailure {
  return new ToolFailure({
    code: 'tool_overloaded',
    message: `${origin} was not called: ${load}. Try again later.`,
  });
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
