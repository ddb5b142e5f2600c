/** What a span says of itself; lists are of texts. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Something that took time. */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  name: string;
  kind: 'internal' | 'server' | 'client';
  /** Milliseconds since the epoch; fractions count. */
  startMs: number;
  endMs: number;
  attributes: SpanAttributes;
  /** Spans of other traces that belong to it. */
  links?: readonly { traceId: string; spanId: string }[];
  /** Set where it failed: what by, in a word. */
  error?: string | undefined;
}

/** Where spans go. */
export interface SpanSink {
  add(span: Span): void;
}

const kinds = { internal: 1, server: 2, client: 3 };
const failed = 2;

/** Spans and whose they are, as OTLP writes them in JSON. */
export function otlpJson(
  spans: readonly Span[],
  resource: SpanAttributes,
  scope: { name: string; version: string },
): string {
  const resourceSpans = [
    { resource: { attributes: keyValues(resource) }, scopeSpans: [{ scope, spans: spans.map(otlpSpan) }] },
  ];
  return JSON.stringify({ resourceSpans });
}

function otlpSpan(span: Span) {
  const { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, links = [], error } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
    attributes: keyValues(error === undefined ? attributes : { ...attributes, 'error.type': error }),
    links,
    status: error === undefined ? {} : { code: failed },
  };
}

/** As text: the number is beyond what JSON holds. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1e3)}000`;
}

function keyValues(attributes: SpanAttributes) {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: Exclude<SpanAttributes[string], undefined>): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value !== 'number') return { arrayValue: { values: value.map(anyValue) } };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
