import type { TaskObserver } from '../engine/instance-board.ts';
import type { ModelGateway } from '../models/model.ts';
import { PROVIDER_NAMES } from '../models/provider-table.ts';
import type { ErrorContext } from '../report-error.ts';
import type { ToolBox } from '../tools/tool.ts';
import { type Log, silentLog } from './log.ts';
import { metricsText } from './metric.ts';
import { observedModels, observedTools } from './observed-calls.ts';
import { readOtlpSettings } from './otlp-settings.ts';
import { watchProcess } from './process-metrics.ts';
import { observeRequests, type RequestObserver } from './request-observer.ts';
import { type Readings, RuntimeMetrics } from './runtime-metrics.ts';
import { TaskFigures } from './task-figures.ts';
import { TaskSpans } from './task-spans.ts';
import { sampler } from './trace-sampler.ts';

/** What is told of a process: figures, lines and spans. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: RuntimeMetrics;
  /** Told of every answer. */
  readonly requests: RequestObserver;
  /** Told of the engine's tasks. */
  readonly tasks: TaskObserver;
  models(gateway: ModelGateway): ModelGateway;
  tools(tools: ToolBox): ToolBox;
  /** Of a transaction that has committed several writes together. */
  committedGroup(writes: number): void;
  /** Counts a failure that nobody foresaw, and passes it on. */
  failed(error: unknown, context: ErrorContext): void;
  /** The page of metrics. */
  page(readings: Readings): Promise<string>;
  /** The start is done, which takes the loop as long as it takes: from now on a stall is worth a word. */
  started(): void;
  /** Sends the last spans. */
  stop(): Promise<void>;
}

/** What telemetry is made of. */
export interface TelemetryOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Default: silence. */
  log?: Log | undefined;
  onError: (error: unknown, context: ErrorContext) => void;
  now: () => number;
}

/**
 * Sets up what this process tells of itself. What exports spans is loaded only where an endpoint is set.
 *
 * @throws {SettingError} A variable of OpenTelemetry is not as it should be.
 */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { env, log = silentLog, onError, now } = options;
  const settings = readOtlpSettings(env);
  for (const warning of settings?.warnings ?? []) log.warn(warning);
  const exporter =
    settings === undefined ? undefined : new (await import('./otlp-exporter.ts')).OtlpExporter(settings, log);
  const isSampled = settings === undefined ? () => false : sampler(settings);
  const metrics = new RuntimeMetrics();
  const watched = watchProcess(log);
  return {
    log,
    metrics,
    requests: observeRequests({
      metrics,
      log,
      spans: exporter === undefined ? undefined : { sink: exporter, isSampled },
    }),
    tasks: new TaskFigures({
      metrics,
      log,
      now,
      spans: exporter === undefined ? undefined : new TaskSpans(exporter, (traceId) => isSampled(traceId, undefined)),
    }),
    models: (gateway) => observedModels(gateway, metrics, PROVIDER_NAMES),
    tools: (tools) => observedTools(tools, metrics),
    committedGroup: (writes) => metrics.commitGroup.observe(writes),
    failed: (error, context) => {
      metrics.errors.add(1);
      onError(error, context);
    },
    page: (readings) => metricsText([...metrics.families(readings), ...watched.metrics]),
    started: watched.watchForStalls,
    stop: async () => {
      watched.stop();
      await exporter?.stop();
    },
  };
}
