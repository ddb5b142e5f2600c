import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';
import { runtimeVersion } from '../version.ts';
import type { Log } from './log.ts';
import type { OtlpSettings } from './otlp-settings.ts';
import { otlpJson, type Span, type SpanSink } from './span.ts';

/** How often spans are sent, milliseconds. */
const everyMs = 1_000;
const mostInBatch = 512;
/** Spans that wait; later ones are dropped, so that a collector that is away costs bounded memory. */
const mostWaiting = 4_096;
/** Pauses before a batch is sent again, milliseconds. */
const pausesMs = [500, 1_500, 4_000];
/** So long a collector may ask to be left alone, milliseconds. */
const longestPauseMs = 30_000;
/** How often the log hears that spans are lost, milliseconds. */
const complainEveryMs = 60_000;
/** What the spans are named as the work of. */
const scope = { name: '@runctl/runtime', version: runtimeVersion };

interface Answer {
  status: number;
  retryAfterMs: number | undefined;
}

/** Sends spans to a collector by OTLP over HTTP, in JSON, in the background. What cannot be sent is dropped. */
export class OtlpExporter implements SpanSink {
  readonly #settings: OtlpSettings;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #waiting: Span[] = [];
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #isStopping = false;

  constructor(settings: OtlpSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#timer = setInterval(() => void this.#send(), everyMs).unref();
  }

  add(span: Span): void {
    if (this.#waiting.length >= mostWaiting) this.#drop(1, 'the collector does not keep up');
    else if (this.#waiting.push(span) >= mostInBatch) void this.#send();
  }

  /** Sends what there is; a collector that does not answer is not waited for longer than one request may take. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#isStopping = true;
    await this.#send();
    await this.#send();
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#sendBatch(this.#waiting.splice(0, mostInBatch));
  }

  async #sendBatch(spans: readonly Span[]): Promise<void> {
    const body = Buffer.from(otlpJson(spans, this.#settings.resource, scope));
    for (const pauseMs of [...pausesMs, undefined]) {
      const answer = await this.#post(body).catch((error: unknown) => error);
      const isAnswer = typeof answer === 'object' && answer !== null && 'status' in answer;
      const { status, retryAfterMs } = isAnswer ? (answer as Answer) : { status: 0, retryAfterMs: undefined };
      if (status >= 200 && status < 300) return;
      const mayRepeat = status === 0 || [429, 502, 503, 504].includes(status);
      if (!mayRepeat || pauseMs === undefined || this.#isStopping) {
        const reason = isAnswer ? `it answered ${status}` : String((answer as { code?: unknown } | null)?.code);
        return this.#drop(spans.length, reason);
      }
      await pause(Math.min(retryAfterMs ?? pauseMs, longestPauseMs));
    }
  }

  #drop(count: number, reason: string): void {
    this.#dropped += count;
    if (performance.now() - this.#complainedAt < complainEveryMs) return;
    this.#complainedAt = performance.now();
    this.#log.warn('spans were not taken by the collector', {
      dropped: this.#dropped,
      reason,
      endpoint: this.#settings.url.origin,
    });
    this.#dropped = 0;
  }

  #post(json: Buffer): Promise<Answer> {
    const { url, headers, isCompressed, timeoutMs } = this.#settings;
    const body = isCompressed ? gzipSync(json) : json;
    const options = {
      method: 'POST',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': body.byteLength,
        ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
      },
    };
    return new Promise((resolve, reject) => {
      const answered = (response: IncomingMessage) => {
        response.resume();
        const seconds = Number(response.headers['retry-after']);
        const retryAfterMs = seconds > 0 ? seconds * 1_000 : undefined;
        response.once('end', () => resolve({ status: response.statusCode ?? 0, retryAfterMs }));
        response.once('error', reject);
      };
      const outgoing =
        url.protocol === 'https:' ? httpsRequest(url, options, answered) : httpRequest(url, options, answered);
      outgoing.once('error', reject).end(body);
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
