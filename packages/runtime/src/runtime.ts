import { randomUUID } from 'node:crypto';
import { createEgressGuard } from './egress/egress-guard.ts';
import { Engine } from './engine/engine.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/server.ts';
import { agentTypes, loops } from './loops/loops.ts';
import { createModelGateway } from './models/gateway.ts';
import { ensureFirstTenant } from './services/bootstrap.ts';
import { createServices } from './services/services.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Store } from './store/store.ts';
import { createToolBox } from './tools/tool-box.ts';

/** How a runtime is set up. */
export interface RuntimeOptions {
  /** Where the embedded store keeps its files; made with mode 0700. One process at a time. */
  folder: string;
  /** Keys and addresses of model providers, and `RUNCTL_EGRESS_ALLOW`. Default: none. */
  env?: Record<string, string | undefined>;
  /** Hosts, `host:port` or ranges in CIDR form that tools and models may reach though they are not public. */
  egressAllow?: readonly string[];
  /** Tasks at once, over all agents. Default 256. */
  slots?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** Told of failures that no task should cause. Default: standard error. */
  onError?: (error: unknown, context: { taskId?: string }) => void;
}

/** A runtime in this process: `fetch` answers as its API does, without a socket. */
export interface Runtime {
  /** The API as a function; give it to the SDK as `fetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Of the tenant that was made at the first start; undefined at later starts. Shown once, kept as a hash. */
  readonly newApiKey: string | undefined;
  /** The engine, for its figures. */
  readonly engine: Pick<Engine, 'running'>;
  /** Tasks under way get `graceMs` (default 5 000) to finish their step; the rest is handed back, and goes on later. */
  stop(graceMs?: number): Promise<void>;
}

/** A runtime that listens. */
export interface ListeningRuntime extends Runtime {
  /** `http://127.0.0.1:4700` */
  readonly url: string;
}

/**
 * Runs Runctl inside this process, on a folder.
 *
 * @throws {StoreError} `store.locked` - another process uses the folder.
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { app, ...runtime } = await compose(options);
  return { ...runtime, fetch: async (request) => app.fetch(request) };
}

/**
 * Runs Runctl and listens.
 *
 * @throws {StoreError} `store.locked` - another process uses the folder.
 * @throws {ListenFailure} The port is taken, or the address is not this machine's.
 */
export async function startRuntime(
  options: RuntimeOptions & { host: string; port: number },
): Promise<ListeningRuntime> {
  const { app, ...runtime } = await compose(options);
  try {
    const server = await listen(app, { host: options.host, port: options.port });
    return {
      ...runtime,
      url: server.url,
      fetch: async (request) => app.fetch(request),
      stop: async (graceMs = defaultGraceMs) => {
        await server.close(graceMs);
        await runtime.stop(graceMs);
      },
    };
  } catch (error) {
    await runtime.stop(0);
    throw error;
  }
}

const defaultGraceMs = 5_000;

async function compose(options: RuntimeOptions) {
  const { env = {}, now = Date.now, onError = writeError } = options;
  const egress = createEgressGuard({
    allowedHosts: [...(options.egressAllow ?? []), ...listOf(env.RUNCTL_EGRESS_ALLOW)],
  });
  const models = createModelGateway({ env, egress });
  const tools = createToolBox({ egress });
  const store: Store = openSqliteStore({ folder: options.folder, now });
  const newApiKey = await ensureFirstTenant(store, now());
  const workerId = `${process.pid}-${randomUUID().slice(0, 8)}`;
  const engine = new Engine({
    store,
    models,
    tools,
    loops,
    workerId,
    now,
    onError,
    ...(options.slots === undefined ? {} : { slots: options.slots }),
  });
  const services = createServices({ store, gateway: models, tools, loops, agentTypes, now });
  const app = createApp({ services, now, onError });
  engine.start();
  return {
    app,
    engine,
    newApiKey,
    stop: async (graceMs = defaultGraceMs) => {
      app.release();
      await engine.stop(graceMs);
      await store.close();
    },
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function writeError(error: unknown): void {
  process.stderr.write(`runctl: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
