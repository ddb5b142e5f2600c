import { SettingError } from '../services/operator-key.ts';
import type { SpanAttributes } from './span.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How spans leave, as OpenTelemetry's variables say it. */
export interface OtlpSettings {
  url: URL;
  headers: Readonly<Record<string, string>>;
  isCompressed: boolean;
  /** Of one request, milliseconds. */
  timeoutMs: number;
  /** Whose spans they are. */
  resource: SpanAttributes;
  /** Of traces that begin here, the share that is exported, 0 to 1. */
  ratio: number;
  /** Whether a caller's flag decides over the caller's trace. */
  followsParent: boolean;
  /** What was asked for and is not done so. */
  warnings: readonly string[];
}

/**
 * Undefined where nothing is exported: no endpoint, or OTEL_SDK_DISABLED.
 *
 * @throws {SettingError} The endpoint is no address over HTTP, or a number is none.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function readOtlpSettings(env: Environment): OtlpSettings | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') return undefined;
  const url = endpointOf(env);
  if (url === undefined) return undefined;
  return {
    url,
    headers: { ...pairs(env.OTEL_EXPORTER_OTLP_HEADERS), ...pairs(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS) },
    isCompressed: env.OTEL_EXPORTER_OTLP_COMPRESSION === 'gzip',
    timeoutMs: numberOf(env, 'OTEL_EXPORTER_OTLP_TIMEOUT', 10_000, 600_000),
    resource: {
      'service.name': env.OTEL_SERVICE_NAME || 'runctl',
      ...pairs(env.OTEL_RESOURCE_ATTRIBUTES),
      ...(env.OTEL_SERVICE_NAME ? { 'service.name': env.OTEL_SERVICE_NAME } : {}),
    },
    ...samplingOf(env),
    warnings: warningsOf(env),
  };
}

function endpointOf(env: Environment): URL | undefined {
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT || undefined;
  const text = own ?? (base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`);
  if (text === undefined) return undefined;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text);
  const variable = own === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
  throw new SettingError(`${variable} must be a URL that begins with http:// or https://.`);
}

function samplingOf(env: Environment): Pick<OtlpSettings, 'ratio' | 'followsParent'> {
  const sampler = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const followsParent = sampler.startsWith('parentbased_');
  if (sampler.endsWith('always_off')) return { ratio: 0, followsParent };
  if (sampler.endsWith('traceidratio')) return { ratio: numberOf(env, 'OTEL_TRACES_SAMPLER_ARG', 1, 1), followsParent };
  return { ratio: 1, followsParent };
}

function warningsOf(env: Environment): string[] {
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL;
  if (protocol === undefined || protocol === 'http/json') return [];
  return [
    `spans are sent as http/json, not as ${protocol.slice(0, 40)}; collectors take both on their port for HTTP, 4318`,
  ];
}

function numberOf(env: Environment, variable: string, otherwise: number, most: number): number {
  const text = env[variable];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (value >= 0 && value <= most) return value;
  throw new SettingError(`${variable} must be a number from 0 to ${most}.`);
}

/** Of `name=value,other=value`, percent-encoded. What is no pair is left out. */
function pairs(list = ''): Record<string, string> {
  return Object.fromEntries(
    list.split(',').flatMap((pair) => {
      const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      return name === undefined || value === undefined ? [] : [[name, decoded(value)]];
    }),
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
