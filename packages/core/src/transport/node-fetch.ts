import { exchange } from './node-fetch-exchange.ts';
import { nodeModule } from './node-fetch-platform.ts';

/** Where undici keeps what its `fetch` goes through, by its generations. */
const DISPATCHER_1 = /*#__PURE__*/ Symbol.for('undici.globalDispatcher.1');
const DISPATCHER_2 = /*#__PURE__*/ Symbol.for('undici.globalDispatcher.2');

/**
 * The transport's `fetch` on Node: over `node:http`, at a fifth to a third of what the platform's own costs. What it has
 * of `fetch` is what the transport asks for: `method`, `headers`, `body`, `signal`, and redirects left to the caller. For
 * an address it answers with what the transport reads of a `Response`; for a `Request`, which middleware makes, with a
 * real one.
 *
 * Whoever has changed the platform's `fetch` means requests like these: where it was replaced (a test's double, a tracer)
 * or was given a dispatcher of its own (a proxy), it is used as it is.
 */
export const fetch: typeof globalThis.fetch = async (input, init = {}) => {
  if (!isUnchanged()) return globalThis.fetch(input, init);
  const { method = 'GET', headers, body, signal } = init;
  if (typeof input === 'string' && isPlain(headers) && isSendable(body)) {
    const answer = exchange({ url: input, method, headers, body: body ?? undefined, signal: signal ?? undefined });
    // Its one reader is the transport, which knows what is there.
    return answer as Promise<unknown> as Promise<Response>;
  }
  const request = input instanceof Request ? input : new Request(input, init);
  return fetchRequest(request, signal ?? request.signal);
};

async function fetchRequest(request: Request, signal: AbortSignal): Promise<Response> {
  const { url, method, headers } = request;
  if (!/^https?:/.test(url)) return globalThis.fetch(request, { signal });
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
  const answer = await exchange({ url, method, headers: Object.fromEntries(headers), body, signal });
  return answer.toResponse();
}

function isPlain(headers: HeadersInit | undefined): headers is Record<string, string> {
  return typeof headers === 'object' && !Array.isArray(headers) && !(Symbol.iterator in headers);
}

function isSendable(body: BodyInit | null | undefined): body is string | Uint8Array<ArrayBuffer> | null | undefined {
  return typeof body === 'string' || body instanceof Uint8Array || (body ?? undefined) === undefined;
}

/** The latest `fetch` and dispatchers of the platform, and what was found of them: they seldom change. */
let judged: { members: readonly unknown[]; unchanged: boolean } | undefined;

/** Whether the platform's `fetch` is Node's own, and goes the way that Node's own goes. */
function isUnchanged(): boolean {
  const known = globalThis as { [DISPATCHER_1]?: object; [DISPATCHER_2]?: object };
  const members = [globalThis.fetch, known[DISPATCHER_1], known[DISPATCHER_2]] as const;
  if (!judged || members.some((member, index) => member !== judged?.members[index])) {
    const [current, ...dispatchers] = members;
    judged = { members, unchanged: isNodes(current) && dispatchers.every(isNodesDispatcher) };
  }
  return judged.unchanged;
}

/**
 * Told by its source, which names the module that Node loads for it: a double may be in place before the SDK is loaded,
 * so there is nothing to compare with. A version of Node that writes it another way keeps its `fetch`.
 */
function isNodes(current: unknown): boolean {
  return String(current).includes('internal/deps/undici') && nodeModule('node:http') !== undefined;
}

/** None yet, or the one that Node's `fetch` makes for itself when it is first used. */
function isNodesDispatcher(dispatcher: object | undefined): boolean {
  return dispatcher === undefined || /^(Agent|Dispatcher1Wrapper)$/.test(dispatcher.constructor.name);
}
