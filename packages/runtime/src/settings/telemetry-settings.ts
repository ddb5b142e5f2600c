import type { SettingGroup } from './setting.ts';
import { anyText, longSecret, oneOf, share, urlOf, wholeNumberUpTo } from './value-checks.ts';

/** What the runtime says of itself. */
export const logsAndMetrics: SettingGroup = {
  title: 'Logs and metrics',
  settings: [
    {
      name: 'RUNCTL_LOG_LEVEL',
      sets: 'what is logged: `silent`, `error`, `warn`, `info` or `debug`',
      default: '`warn` for `dev`, `info` else',
      example: 'debug',
      check: oneOf('silent', 'error', 'warn', 'info', 'debug'),
    },
    {
      name: 'RUNCTL_LOG_FORMAT',
      sets: 'how: one line of `json` an entry, or `text`',
      default: '`text` for `dev`, `json` else',
      example: 'json',
      check: oneOf('json', 'text'),
    },
    {
      name: 'RUNCTL_METRICS_TOKEN',
      sets: 'what a reader of `/metrics` has to send as a bearer token',
      example: 'at least 16 characters',
      isSecret: true,
      check: longSecret(16),
    },
    {
      name: 'RUNCTL_METRICS_PORT',
      sets: 'a port of its own for `/metrics`, `/healthz` and `/readyz`, on workers too (`--metrics-port`)',
      example: '9464',
      check: wholeNumberUpTo(65_535),
    },
    {
      name: 'RUNCTL_METRICS_HOST',
      sets: 'the address of that port (`--metrics-host`)',
      default: '127.0.0.1',
      example: '0.0.0.0',
      check: anyText,
    },
  ],
};

/** Spans; the names are those of OpenTelemetry. */
export const spans: SettingGroup = {
  title: 'Spans by OpenTelemetry; without an endpoint there are none',
  settings: [
    {
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      sets: 'the collector, which gets spans at `/v1/traces` below it',
      example: 'http://localhost:4318',
      check: urlOf('http:', 'https:'),
    },
    {
      name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      sets: 'where spans go, the whole address',
      example: 'http://localhost:4318/v1/traces',
      check: urlOf('http:', 'https:'),
    },
    {
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      sets: 'headers that go along, as `name=value,other=value`',
      example: 'authorization=Bearer%20...',
      isSecret: true,
      check: anyText,
    },
    {
      name: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
      sets: 'the same, for spans alone',
      example: 'authorization=Bearer%20...',
      isSecret: true,
      check: anyText,
    },
    {
      name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      sets: 'accepted for others’ sake: spans go as `http/json`',
      default: 'http/json',
      example: 'http/json',
      check: anyText,
    },
    {
      name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      sets: 'the same, for spans alone',
      default: 'http/json',
      example: 'http/json',
      check: anyText,
    },
    {
      name: 'OTEL_EXPORTER_OTLP_COMPRESSION',
      sets: '`gzip` compresses what is sent',
      default: 'none',
      example: 'gzip',
      check: oneOf('gzip', 'none'),
    },
    {
      name: 'OTEL_EXPORTER_OTLP_TIMEOUT',
      sets: 'milliseconds that one export may take',
      default: '10000',
      example: '5000',
      check: wholeNumberUpTo(600_000),
    },
    { name: 'OTEL_SERVICE_NAME', sets: 'whose spans they are', default: 'runctl', example: 'agents', check: anyText },
    {
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      sets: 'more about whose they are, as `name=value,other=value`',
      example: 'deployment.environment=production',
      check: anyText,
    },
    {
      name: 'OTEL_TRACES_SAMPLER',
      sets: 'which traces are exported',
      default: 'parentbased_always_on',
      example: 'parentbased_traceidratio',
      check: anyText,
    },
    {
      name: 'OTEL_TRACES_SAMPLER_ARG',
      sets: 'of a sampler by ratio: the share, from 0 to 1',
      default: '1',
      example: '0.1',
      check: share,
    },
    { name: 'OTEL_TRACES_EXPORTER', sets: '`none` exports nothing', default: 'otlp', example: 'none', check: anyText },
    { name: 'OTEL_SDK_DISABLED', sets: '`true` exports nothing', default: 'false', example: 'true', check: anyText },
  ],
};
