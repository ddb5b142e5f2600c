import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runtimeVersion } from '../version.ts';
import type { Log } from './log.ts';
import { Gauge, type Metric } from './metric.ts';

/** How often the loop is looked at, milliseconds. */
const resolutionMs = 100;
/** How often the delays are summed up, milliseconds; a page shows those of the last whole one. */
const windowMs = 15_000;
/** From so long a stall on, milliseconds, the log says so: others wait for as long. */
const alarmingMs = 1_000;
/** How often it is looked for stalls, milliseconds. */
const alarmEveryMs = 1_000;

/** What a process says of itself. */
export interface ProcessMetrics {
  readonly metrics: readonly Metric[];
  /** From now on a loop that stalls is told to the log. */
  watchForStalls(): void;
  stop(): void;
}

/** Watches this process: memory, processor, and how late its timers are. */
export function watchProcess(log: Log): ProcessMetrics {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let lag = { p50: 0, p99: 0, max: 0 };
  const seconds = (nanoseconds: number) =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3) : 0;
  const sumUp = () => {
    lag = { p50: seconds(delays.percentile(50)), p99: seconds(delays.percentile(99)), max: seconds(delays.max) };
    delays.reset();
  };
  const timers = [setInterval(sumUp, windowMs).unref()];
  const metrics = [
    gauge('nodejs_eventloop_lag_seconds', 'How late timers were, over the last 15 seconds.', ['quantile'], () => [
      [['0.5'], lag.p50],
      [['0.99'], lag.p99],
      [['1'], lag.max],
    ]),
    gauge('process_resident_memory_bytes', 'Memory that the system has given to this process.', [], () => [
      [[], process.memoryUsage.rss()],
    ]),
    gauge('nodejs_heap_size_used_bytes', 'Memory of the heap that is in use.', [], () => [
      [[], process.memoryUsage().heapUsed],
    ]),
    new Gauge(
      { name: 'process_cpu_seconds_total', help: 'Processor time of this process.' },
      () => [[[], cpuSeconds()]],
      'counter',
    ),
    gauge('process_start_time_seconds', 'When this process began, seconds since the epoch.', [], () => [
      [[], Math.round(performance.timeOrigin) / 1e3],
    ]),
    gauge('runctl_build_info', 'Always 1; the version is in the label.', ['version', 'node'], () => [
      [[runtimeVersion, process.versions.node], 1],
    ]),
  ];
  return {
    metrics,
    watchForStalls: () => void timers.push(watchForStalls(log)),
    stop: () => {
      for (const timer of timers) clearInterval(timer);
      delays.disable();
    },
  };
}

function gauge(name: string, help: string, labels: readonly string[], read: ConstructorParameters<typeof Gauge>[1]) {
  return new Gauge({ name, help, ...(labels.length === 0 ? {} : { labels }) }, read);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A timer that comes a second late has had the whole process waiting. */
function watchForStalls(log: Log): NodeJS.Timeout {
  let expectedAt = performance.now() + alarmEveryMs;
  return setInterval(() => {
    const now = performance.now();
    const lateMs = Math.round(now - expectedAt);
    expectedAt = now + alarmEveryMs;
    if (lateMs >= alarmingMs) log.warn('the event loop was blocked', { blockedMs: lateMs });
  }, alarmEveryMs).unref();
}
