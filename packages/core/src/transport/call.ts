import { repeat } from '#repeat';
import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlNetworkError, RunctlTimeoutError } from '../errors/network-error.ts';
import type { RunctlError } from '../errors/runctl-error.ts';
import { sleep } from '../sleep.ts';
import { answerError, requestIdOf } from './answer-error.ts';
import { type AttemptFacts, about } from './attempt-facts.ts';
import type { CallPlan } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import { decodeAnswer, decodeError } from './decode-answer.ts';
import { dispatch } from './dispatch.ts';
import { Interruption } from './interruption.ts';
import { shownHeaders } from './log.ts';
import { networkFailure } from './network-failure.ts';
import { joined, LARGEST_ANSWER, readBody, textOf } from './read-body.ts';
import { rememberMeta } from './response-meta.ts';
import { judge } from './retry-policy.ts';
import { backoffMs, retryAfterMs, spread } from './retry-timing.ts';

/** Bytes of an error's body that are read. */
const LARGEST_ERROR = 64 * 1024;

/** Looks at the record of an earlier attempt before a call gives up on it. */
const MOST_WAITS = 100;

/**
 * One call: its attempts, until one is answered or nothing more is to be hoped for. `repeat` runs the loop of attempts; what
 * an attempt is (from connect to the last byte), whether another one follows and when, is decided here.
 *
 * Deadlines: each attempt has one timer, set to the shorter of `timeout` and what is left of `totalTimeout`; a wait that
 * would outlast the call is not begun.
 */
export class Call {
  readonly #client: ClientParts;
  readonly #plan: CallPlan;
  readonly #interruption: Interruption;
  readonly #startedAt = performance.now();
  /** The key that the attempt was sent with. */
  #key = '';
  #keyRenewed = false;
  #retries = 0;
  /** The answer of the attempt, once its headers are there. */
  #response: Response | undefined;
  /** The error of an answer that is no success, made from what has been read of it so far. */
  #answerError: (() => RunctlError) | undefined;

  constructor(client: ClientParts, plan: CallPlan) {
    this.#client = client;
    this.#plan = plan;
    this.#interruption = new Interruption(plan.signal);
  }

  /** Sends it. Resolves with the decoded value, or with the Response for plans of another kind. */
  async send(): Promise<unknown> {
    const { method, url } = this.#plan;
    this.#client.budget.noteCall();
    let value: unknown;
    try {
      const attempt = () => this.#attempt();
      value = await repeat({ url, method, attempt, untilRetry: (error) => this.#untilRetry(error) });
    } catch (error) {
      this.#log('info', 'failed', { code: (error as Partial<RunctlError>).code });
      throw error;
    } finally {
      this.#interruption.dispose();
    }
    this.#client.budget.noteSuccess();
    this.#log('info', 'answered', { status: this.#response?.status });
    if (value) this.#remember(value, this.#response as Response);
    return value;
  }

  #attempt(): Promise<unknown> {
    const { timeout } = this.#plan.limits;
    const left = this.#left();
    this.#response = undefined;
    this.#answerError = undefined;
    const late = () => this.#answerError?.() ?? this.#timeoutError(timeout < left ? 'attempt' : 'total');
    return this.#interruption.run(Math.min(timeout, left), late, (controller) => this.#exchange(controller));
  }

  async #exchange(controller: AbortController): Promise<unknown> {
    this.#interruption.attempts += 1;
    const plan = this.#plan;
    const facts = this.#facts();
    if (this.#client.log.has('debug'))
      this.#log('debug', 'sent', { headers: shownHeaders(Object.entries(plan.headers)) });
    this.#key = await this.#client.credentials.key();
    const response = await dispatch(this.#client, plan, this.#key, facts, controller.signal);
    this.#response = response;
    if (this.#client.log.has('debug')) {
      this.#log('debug', 'headers', { status: response.status, headers: shownHeaders(response.headers) });
    }
    const chunks: Uint8Array[] = [];
    if (response.status < 200 || response.status > 299) {
      this.#answerError = () => answerError(response, textOf(chunks), facts);
      // The status is the answer; a body that breaks off or never ends changes nothing about it.
      await readBody(response, LARGEST_ERROR, chunks).catch(() => undefined);
      throw this.#answerError();
    }
    if (plan.as === 'stream') return this.#openStream(response, controller, facts);
    try {
      const { cut } = await readBody(response, LARGEST_ANSWER, chunks);
      if (cut) throw decodeError(response, `more than ${LARGEST_ANSWER} bytes`, facts);
    } catch (error) {
      throw networkFailure(error, facts);
    }
    if (plan.as === 'json') return decodeAnswer(response, textOf(chunks), plan.answer, facts);
    const body = chunks.length > 0 ? joined(chunks) : null;
    return new Response(body as BodyInit | null, response);
  }

  /** From here on the connection is its reader's; `plan.signal` belongs to this one connection and ends it. */
  #openStream(response: Response, controller: AbortController, facts: AttemptFacts): Response {
    if (response.status !== 204 && !response.headers.get('content-type')?.startsWith('text/event-stream')) {
      controller.abort();
      throw decodeError(response, 'something else than a stream of events', facts);
    }
    const { signal } = this.#plan;
    signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
    return response;
  }

  /** Resolves when the next attempt is due, or with false where none is; rejects where the reason is another one now. */
  async #untilRetry(error: unknown): Promise<boolean> {
    if (await this.#renewKey(error)) return true;
    const { method, idempotencyKey, limits } = this.#plan;
    const headers = this.#response?.headers;
    const attempt = this.#interruption.attempts;
    const verdict = judge({ error, headers, method, idempotencyKey, attempt });
    if (verdict === 'stop' || (verdict === 'retry' ? this.#retries >= limits.retries : attempt > MOST_WAITS))
      return false;

    const asked = headers && retryAfterMs(headers);
    if (asked !== undefined && asked > this.#client.options.maxRetryAfter) return false;
    const ms = asked === undefined ? backoffMs(this.#retries + 1) : spread(asked);
    if (ms >= this.#left()) {
      if (error instanceof RunctlNetworkError) throw this.#timeoutError('total', error);
      return false;
    }
    if (verdict === 'retry') {
      if (!this.#client.budget.spend()) {
        Object.assign(error as object, { retryBudgetExhausted: true });
        return false;
      }
      this.#retries += 1;
    }
    this.#log('info', 'will be sent again', { ms: Math.round(ms), code: (error as Partial<RunctlError>).code });
    await this.#interruption.run(
      Number.POSITIVE_INFINITY,
      () => this.#timeoutError('total'),
      ({ signal }) => sleep(ms, signal),
    );
    return true;
  }

  /** Asks for another key, once a call, after a 401. True where there is one. */
  async #renewKey(error: unknown): Promise<boolean> {
    if (this.#keyRenewed || !(error instanceof RunctlApiError) || error.status !== 401) return false;
    this.#keyRenewed = true;
    const renewed = await this.#interruption.run(
      this.#left(),
      () => this.#timeoutError('total'),
      () => this.#client.credentials.renew(this.#key),
    );
    return renewed !== undefined;
  }

  /** Milliseconds left of `totalTimeout`. */
  #left(): number {
    const { totalTimeout } = this.#plan.limits;
    if (totalTimeout === false) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#startedAt + totalTimeout - performance.now());
  }

  #timeoutError(phase: 'attempt' | 'total', cause?: unknown): RunctlTimeoutError {
    const facts = this.#facts();
    const { timeout, totalTimeout } = this.#plan.limits;
    const limit = phase === 'attempt' ? `\`timeout\` (${timeout} ms)` : `\`totalTimeout\` (${totalTimeout} ms)`;
    return new RunctlTimeoutError(`${about(facts)} no answer within ${limit}.`, {
      code: 'network.timeout',
      retryable: true,
      phase,
      attempts: facts.attempts,
      request: facts.request,
      cause,
    });
  }

  #facts(): AttemptFacts {
    const { method, path, idempotencyKey } = this.#plan;
    const { redact } = this.#client.credentials;
    return { request: { method, path }, attempts: this.#interruption.attempts, idempotencyKey, redact };
  }

  #remember(value: object, { status, headers }: Response): void {
    rememberMeta(value, {
      status,
      headers,
      requestId: requestIdOf(headers, this.#client.credentials.redact) ?? null,
      attempts: this.#interruption.attempts,
      durationMs: performance.now() - this.#startedAt,
      idempotencyKey: this.#plan.idempotencyKey,
      idempotentReplay: headers.get('idempotent-replayed') === 'true',
    });
  }

  #log(level: 'info' | 'debug', what: string, fields: object): void {
    if (!this.#client.log.has(level)) return;
    const { route, path } = this.#plan;
    const ms = Math.round(performance.now() - this.#startedAt);
    this.#client.log.write(level, `${route} ${what}`, { path, attempt: this.#interruption.attempts, ms, ...fields });
  }
}
