import { Option } from 'commander';
import type { MetricsListener } from '../runtime.ts';
import { wholeNumber } from './listen-options.ts';

/** What the options below come to. */
export interface MetricsOptions {
  metricsPort?: number;
  metricsHost: string;
}

/** `--metrics-port`. */
export function metricsPortOption(): Option {
  return new Option('--metrics-port <port>', 'port of its own for /metrics, /healthz and /readyz; 0 takes a free one')
    .env('RUNCTL_METRICS_PORT')
    .argParser((text) => wholeNumber(text, 65_535));
}

/** `--metrics-host`. */
export function metricsHostOption(): Option {
  return new Option('--metrics-host <address>', 'address of that port').env('RUNCTL_METRICS_HOST').default('127.0.0.1');
}

/** Where metrics are to be shown; nothing where no port is named. */
export function metricsListener({ metricsPort, metricsHost }: MetricsOptions): { metrics?: MetricsListener } {
  return metricsPort === undefined ? {} : { metrics: { host: metricsHost, port: metricsPort } };
}
