import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createEgressGuard } from './egress/egress-guard.ts';
import { Engine } from './engine/engine.ts';
import { LiveOutput } from './engine/output-deltas.ts';
import { createApp } from './http/app.ts';
import { createOperatorApp } from './http/operator-app.ts';
import { type ListeningServer, listen } from './http/server.ts';
import { agentTypes, loops } from './loops/loops.ts';
import { folderMail } from './mail/folder-mail.ts';
import type { MailTransport } from './mail/mail-message.ts';
import { smtpMail } from './mail/smtp-mail.ts';
import { createModelGateway } from './models/gateway.ts';
import { type ErrorContext, reportError } from './report-error.ts';
import { readBillingSettings } from './services/billing/billing-settings.ts';
import { ensureFirstTenant } from './services/bootstrap.ts';
import { checkStore } from './services/check-store.ts';
import { AgentControl } from './services/deployments/agent-control.ts';
import { newId } from './services/ids.ts';
import { readSmtpSettings } from './services/notifications/mail-settings.ts';
import { readOperatorKey } from './services/operator-key.ts';
import { Quotas } from './services/quotas.ts';
import { createServices } from './services/services.ts';
import { TaskDepth } from './services/task-depth.ts';
import { UsageMeter } from './services/usage/usage-meter.ts';
import { WorkflowController } from './services/workflows/workflow-controller.ts';
import { workflowTransitions } from './services/workflows/workflow-transitions.ts';
import { stopInOrder } from './stop-in-order.ts';
import { checkSecretsOpen, isResealDue } from './store/reseal-secrets.ts';
import { readSecretBox, type SecretBox } from './store/secret-box.ts';
import { openSqliteStore } from './store/sqlite/sqlite-store.ts';
import type { Store } from './store/store.ts';
import type { Log } from './telemetry/log.ts';
import { readMetricsToken } from './telemetry/metrics-token.ts';
import { createTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { limitsWithin } from './tools/endpoints.ts';
import { createToolBox } from './tools/tool-box.ts';

/** Where everything durable lives. */
export type StoreLocation =
  /** The embedded store keeps its files here; made with mode 0700. One process at a time. */
  | { folder: string; databaseUrl?: never }
  /** Postgres 15 or newer, `postgres://user:password@host:port/database`. Any number of processes. */
  | { databaseUrl: string; folder?: never };

/** How a runtime is set up. */
export type RuntimeOptions = StoreLocation & RuntimeSettings;

/** What a runtime may be told besides where its data is. */
export interface RuntimeSettings {
  /** Keys and addresses of model providers, `RUNCTL_EGRESS_ALLOW` and `RUNCTL_OPERATOR_KEY`. Default: none. */
  env?: Record<string, string | undefined>;
  /** Hosts, `host:port` or ranges in CIDR form that tools and models may reach though they are not public. */
  egressAllow?: readonly string[];
  /** Tasks at once, over all agents. Default 256; 0 leaves the tasks to other processes. */
  slots?: number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  now?: () => number;
  /** How Postgres is used. Default: a start does not wait for it, and brings an older schema up to date. */
  database?: DatabaseStart;
  /** Told of failures that no task should cause. Default: `log`, and without one standard error. */
  onError?: (error: unknown, context: ErrorContext) => void;
  /** Told of what happens: requests, tasks that failed, what the operator should look at. Default: nobody. */
  log?: Log;
  /**
   * Told once where the disk under the embedded store fails: writes are refused until the runtime is started anew, from
   * what its log holds. Default: `onError` is told.
   */
  onDamage?: (cause: unknown) => void;
}

/** How Postgres is used. */
export interface DatabaseStart {
  /** Milliseconds to wait for a database that does not answer yet. Default 0. */
  waitMs?: number;
  /** Told why a start waits, and for how many milliseconds until it tries again. Default: nobody. */
  onWaiting?: (reason: string, pauseMs: number) => void;
  /** What to do with an older schema; with `refuse`, `runctl migrate` has to run first. Default `auto`. */
  migrate?: 'auto' | 'refuse';
  /**
   * How long a statement of a request or of a task may take, milliseconds; a database that does not even refuse it is
   * waited for a third longer. Then the request is told `store.unavailable`. Default 15 000.
   */
  statementMs?: number;
}

/** Where `/metrics`, `/healthz` and `/readyz` are shown apart from the API, to who may reach that port. */
export interface MetricsListener {
  /** An address of this machine, such as `127.0.0.1`. */
  host: string;
  /** 0: any free one. */
  port: number;
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
  /** Of the metrics' own port; undefined where there is none. */
  readonly metricsUrl: string | undefined;
}

/**
 * Runs Runctl inside this process, on a folder.
 *
 * @throws {StoreError} `store.locked` - another process uses the folder; `store.unreachable` - the database does not
 *   answer; `store.schema_newer`, `store.schema_older` - it is another version's
 */
export async function createRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { app, finishStart, ...runtime } = await compose(options);
  const newApiKey = await finishStart();
  return { ...runtime, newApiKey, fetch: async (request) => app.fetch(request) };
}

/**
 * Runs Runctl and listens.
 *
 * @throws {StoreError} As {@link createRuntime}.
 * @throws {ListenFailure} The port is taken, or the address is not this machine's.
 */
export async function startRuntime(
  options: RuntimeOptions & { host: string; port: number; metrics?: MetricsListener },
): Promise<ListeningRuntime> {
  const { app, finishStart, page, ...runtime } = await compose(options);
  let metrics: ListeningServer | undefined;
  try {
    metrics = await listenForOperator(options, page);
    const server = await listen(app, { host: options.host, port: options.port });
    return {
      ...runtime,
      url: server.url,
      metricsUrl: metrics?.url,
      // Last of all: a key that nobody gets to see would be lost.
      newApiKey: await finishStart(),
      fetch: async (request) => app.fetch(request),
      // No task is begun while requests under way are still answered.
      stop: async (graceMs = defaultGraceMs) => {
        await runtime.stop(graceMs, () => server.close(graceMs));
        await metrics?.close(0);
      },
    };
  } catch (error) {
    await metrics?.close(0);
    await runtime.stop(0);
    throw error;
  }
}

/** A process that runs tasks and answers no requests. */
export interface Worker {
  /** As {@link ListeningRuntime.metricsUrl}. */
  readonly metricsUrl: string | undefined;
  /** As {@link Runtime.stop}. */
  stop(graceMs?: number): Promise<void>;
}

/** Runs tasks of a Postgres store beside the processes that answer its API. */
export async function startWorker(
  options: RuntimeSettings & { databaseUrl: string; metrics?: MetricsListener },
): Promise<Worker> {
  const { stop, ...parts } = await composeEngine(options);
  const metrics = await listenForOperator(options, pageOf(parts, options)).catch(async (error: unknown) => {
    await stop(0);
    throw error;
  });
  parts.telemetry.started();
  return {
    metricsUrl: metrics?.url,
    stop: async (graceMs) => {
      await stop(graceMs);
      await metrics?.close(0);
    },
  };
}

/** What the page of metrics is made from; `eventReaders`: where streams are read. */
function pageOf(
  { telemetry, store, engine }: { telemetry: Telemetry; store: Store; engine: Engine },
  { now = Date.now, env = {} }: RuntimeSettings,
  eventReaders = () => 0,
): OperatorPage {
  const depth = new TaskDepth(store.query, now);
  const readings = {
    tasks: () => depth.read(),
    slots: () => [[['busy'], engine.running] as const, [['total'], engine.slots] as const],
    eventReaders,
  };
  const metrics = { token: readMetricsToken(env), text: () => telemetry.page(readings) };
  return { metrics, checkStore: () => checkStore(store.query), onError: telemetry.failed, now };
}

type OperatorPage = Parameters<typeof createOperatorApp>[0];

async function listenForOperator(
  { metrics }: { metrics?: MetricsListener },
  page: OperatorPage,
): Promise<ListeningServer | undefined> {
  return metrics === undefined ? undefined : listen(createOperatorApp(page), metrics);
}

const defaultGraceMs = 5_000;

async function openStore(
  options: StoreLocation &
    Pick<RuntimeSettings, 'onDamage' | 'database'> & {
      now: () => number;
      onError: (error: unknown) => void;
      onGroup: (writes: number) => void;
      secrets: SecretBox | undefined;
    },
): Promise<Store> {
  const { databaseUrl, folder, now, onError, onGroup, secrets, onDamage = onError } = options;
  if (databaseUrl === undefined) return openSqliteStore({ folder, now, onDamage, onGroup, secrets });
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts');
  return openPostgresStore({ ...options.database, url: databaseUrl, now, onError, onGroup, secrets });
}

async function compose(options: RuntimeOptions) {
  const { now = Date.now } = options;
  // Settings first: where one is bad, nothing has been opened yet.
  const operatorKey = readOperatorKey(options.env ?? {});
  const billing = readBillingSettings(options.env ?? {});
  readMetricsToken(options.env ?? {});
  const mail = mailOf(options);
  const { engine, store, models, tools, live, home, egress, telemetry, stop } = await composeEngine(options);
  const services = createServices({
    store,
    gateway: models,
    tools,
    loops,
    agentTypes,
    live,
    home,
    isShared: options.databaseUrl !== undefined,
    onError: (error) => telemetry.failed(error, {}),
    now,
    egress,
    onAttempt: (outcome) => telemetry.metrics.webhookDeliveries.add(1, outcome),
    ...(mail === undefined ? {} : { mail }),
    ...(operatorKey === undefined ? {} : { operatorKey }),
    ...(billing === undefined ? {} : { billing }),
  });
  const house = services.keepHouse();
  services.courier.start();
  const page = pageOf({ telemetry, store, engine }, options, () => services.eventStreams.size.readers);
  const { failed: onError, requests: observe } = telemetry;
  const app = createApp({ services, now, onError, observe, metrics: page.metrics });
  return {
    app,
    page,
    engine,
    /** @returns the key of the tenant that the first start makes */
    finishStart: async () => {
      const newApiKey = await ensureFirstTenant(store, now());
      telemetry.started();
      return newApiKey;
    },
    stop: async (graceMs?: number, closeDoor = async () => {}) => {
      app.release();
      const say = [() => house.close(), () => services.courier.close(), () => services.keyUses.close()];
      await stop(graceMs, closeDoor, say);
    },
  };
}

async function composeEngine(options: RuntimeOptions) {
  const { env = {}, now = Date.now, log, slots } = options;
  const secrets = readSecretBox(env);
  const telemetry = await createTelemetry({ env, log, now, onError: options.onError ?? reporter(log) });
  const { failed: onError } = telemetry;
  const allowedHosts = [...(options.egressAllow ?? []), ...listOf(env.RUNCTL_EGRESS_ALLOW)];
  const egress = createEgressGuard({ allowedHosts });
  const models = telemetry.models(createModelGateway({ env, egress }));
  const tools = telemetry.tools(createToolBox({ egress, ...(slots ? { endpointLimits: limitsWithin(slots) } : {}) }));
  const onGroup = telemetry.committedGroup;
  const store = await openStore({ ...options, now, onError: (error) => onError(error, {}), onGroup, secrets });
  await checkSecrets(store, secrets, log);
  const workerId = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
  const live = new LiveOutput(store.signals, now);
  const isAlone = options.databaseUrl === undefined;
  const control = new AgentControl({
    store,
    workerId,
    host: hostname(),
    isAlone,
    now,
    onError: (error) => onError(error, {}),
  });
  const engine = new Engine({
    store,
    models,
    tools,
    loops,
    newId,
    live,
    workerId,
    now,
    onError,
    observers: [...control.observers, telemetry.tasks],
    ...(control.within === undefined ? {} : { within: control.within }),
    ...(slots === undefined ? {} : { slots }),
  });
  const workflows = new WorkflowController({
    ...workflowTransitions({ quotas: new Quotas(now, new UsageMeter(now)), now }, (error) => onError(error, {})),
    store,
  });
  workflows.start();
  // Alone: what the last process left is taken over first. Beside others: they must know of this worker first.
  if (isAlone) await control.start(engine);
  if (slots !== 0) engine.start();
  if (!isAlone && slots !== 0) await control.start(engine);
  return {
    home: isAlone || slots !== 0 ? control.home : { ...control.home, self: undefined },
    engine,
    store,
    models,
    tools,
    live,
    egress,
    telemetry,
    /** `beside`: what ends while tasks are handed back; `then`: what needs the store once more. */
    stop: async (
      graceMs = defaultGraceMs,
      beside: () => Promise<void> = async () => {},
      then: readonly (() => Promise<void>)[] = [],
    ) =>
      stopInOrder(
        [
          () => workflows.stop(),
          () => Promise.all([engine.stop(graceMs), beside()]),
          ...then,
          () => control.stop(),
          () => live.close(),
          () => store.close(),
          () => telemetry.stop(),
        ],
        (error) => onError(error, {}),
      ),
  };
}

/** By a mail server where one is set; else, where all data is in a folder, into one beside it. */
function mailOf({ env = {}, folder, log }: RuntimeOptions): MailTransport | undefined {
  const smtp = readSmtpSettings(env);
  if (smtp !== undefined) return smtpMail(smtp);
  if (folder === undefined) return undefined;
  return folderMail(join(folder, 'outbox'), (file) =>
    log?.info('a mail was written to a file, since RUNCTL_SMTP_URL is not set', { file }),
  );
}

/**
 * Nothing is sealed anew here: processes that do not have the first key yet may be at work on the same database. That is
 * for the operator, once all have it.
 */
async function checkSecrets(store: Store, secrets: SecretBox | undefined, log: Log | undefined): Promise<void> {
  try {
    await checkSecretsOpen(store.query, secrets);
    if (secrets === undefined || !(await isResealDue(store.query, secrets))) return;
    log?.info('secrets in the database are not sealed with the first of RUNCTL_SECRETS_KEY', {
      advice: 'once every process has that key: runctl secrets reseal',
    });
  } catch (error) {
    await store.close();
    throw error;
  }
}

function reporter(log: Log | undefined): typeof reportError {
  if (log === undefined) return reportError;
  return (error, context = {}) => log.error('unforeseen failure', { ...context, error });
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
