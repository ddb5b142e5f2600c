import { EgressFailure } from '../egress/egress-error.ts';
import type { EgressGuard, EgressRequest, EgressResponse } from '../egress/egress-guard.ts';
import { type Circuit, enter, leave, unknownCircuit } from './circuit.ts';
import { ToolFailure } from './tool.ts';

/** How many calls of one tenant hold a task's slot for as long as they like. */
export interface EndpointLimits {
  /** Calls to one origin that are under way. */
  concurrent: number;
  /** Calls to it that wait for one of those to end, as long as they may take. */
  waiting: number;
  /** Calls to all origins, under way or waiting. Default: no bound of its own. */
  ofTenant?: number;
  /** Milliseconds that a call beyond those waits for a place before it is refused. Default 1,000. */
  patienceMs?: number;
}

const DEFAULT_PATIENCE_MS = 1_000;
/** Calls to one origin at once, however many slots there are. */
const MOST_CONCURRENT = 64;
const DEFAULT_SLOTS = 256;

/**
 * One tenant's calls hold at most seven eighths of a worker's slots, those to one origin three quarters. What comes beyond
 * is patient for a second, so that the rest of the slots change hands, however slow an endpoint is, and an endpoint that
 * is quick refuses nobody.
 */
export function limitsWithin(slots: number): EndpointLimits {
  const ofTenant = Math.max(slots - Math.ceil(slots / 8), 1);
  const ofOrigin = Math.max(slots - Math.ceil(slots / 4), 1);
  const concurrent = Math.min(ofOrigin, MOST_CONCURRENT);
  return { concurrent, waiting: ofOrigin - concurrent, ofTenant };
}

/** Endpoints that are remembered without a call under way. */
const MOST_ENDPOINTS = 1_000;

interface Endpoint {
  circuit: Circuit;
  running: number;
  /** Called in turn, with what ends the waiting. */
  waiting: Set<() => void>;
}

/** The places that a tenant's calls take. */
interface Places {
  held: number;
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
  readonly #tenants = new Map<string, Places>();

  constructor(egress: EgressGuard, now: () => number, limits = limitsWithin(DEFAULT_SLOTS)) {
    this.#egress = egress;
    this.#now = now;
    this.#limits = limits;
  }

  /**
   * As the guard's `fetch`, in the endpoint's turn.
   *
   * @throws {ToolFailure} `tool_overloaded` - too many calls hold slots already, and none ended soon. `tool_unavailable` - the endpoint failed again
   * and again and is left alone for a while.
   */
  async fetch(tenantId: string, url: string, request: EgressRequest): Promise<EgressResponse> {
    const origin = URL.canParse(url) ? new URL(url).origin : url;
    const key = `${tenantId} ${origin}`;
    const place = await this.#enter(tenantId, origin, request);
    try {
      return await this.#call(key, origin, url, request);
    } finally {
      leavePlace(place);
      if (place.held === 0) this.#tenants.delete(tenantId);
    }
  }

  /** Takes one of the tenant's places. */
  async #enter(tenantId: string, origin: string, request: EgressRequest): Promise<Places> {
    const places = this.#tenants.get(tenantId) ?? { held: 0, waiting: new Set() };
    this.#tenants.set(tenantId, places);
    if (places.held < (this.#limits.ofTenant ?? Number.POSITIVE_INFINITY)) places.held += 1;
    else await this.#bePatient(places.waiting, request, origin, `${places.held} calls of the tenant hold a slot`);
    return places;
  }

  /** @throws {ToolFailure} `tool_overloaded` - there was no turn soon */
  async #bePatient(queue: Set<() => void>, request: EgressRequest, origin: string, load: string): Promise<void> {
    const timeoutMs = Math.min(request.timeoutMs, this.#limits.patienceMs ?? DEFAULT_PATIENCE_MS);
    try {
      await turnIn(queue, { ...request, timeoutMs });
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      throw overloaded(origin, load);
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
      const load = `${endpoint.running} calls to it are under way and ${endpoint.waiting.size} wait`;
      await this.#bePatient(endpoint.waiting, request, origin, load);
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

/** Hands the tenant's place to its next call, or gives it back. */
function leavePlace(places: Places): void {
  const [next] = places.waiting;
  if (next === undefined) places.held -= 1;
  else next();
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
