import { repeat } from '#repeat';
import { RunctlApiError } from '../errors/api-error.ts';
import { RunctlNetworkError, RunctlTimeoutError } from '../errors/network-error.ts';
import type { RunctlError } from '../errors/runctl-error.ts';
import { type Interruption, interruptedBy } from '../interruption.ts';
import { answerError, requestIdOf } from './answer-error.ts';
import { type CallFacts, failure } from './call-facts.ts';
import type { CallPlan } from './call-plan.ts';
import type { ClientParts } from './client-parts.ts';
import { decodeAnswer, decodeError } from './decode-answer.ts';
import { dispatch } from './dispatch.ts';
import { shownHeaders } from './log.ts';
import { networkFailure } from './network-failure.ts';
import { joined, LARGEST_ANSWER, readBody, textOf } from './read-body.ts';
import { rememberMeta } from './response-meta.ts';
import { PER_CALL, PER_SUCCESS } from './retry-budget.ts';
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
  /** What the errors say; `attempts` counts up. */
  readonly #facts: CallFacts;
  /** The key that the attempt was sent with. */
  #key = '';
  #isKeyRenewed = false;
  #retries = 0;
  /** The answer of the attempt, once its headers are there. */
  #response: Response | undefined;
  /** The error of an answer that is no success, made from what has been read of it so far. */
  #answerError: (() => RunctlError) | undefined;

  constructor(client: ClientParts, plan: CallPlan) {
    this.#client = client;
    this.#plan = plan;
    const { method, path, idempotencyKey, signal, limits } = plan;
    this.#facts = { request: { method, path }, attempts: 0, idempotencyKey, redact: client.credentials.redact };
    const late = (phase: 'attempt' | 'total') => this.#answerError?.() ?? this.#timeoutError(phase);
    this.#interruption = interruptedBy(signal, late, limits.totalTimeout, this.#facts);
  }

  /** Sends it. Resolves with the decoded value, or with the Response for plans of another kind. */
  async send(): Promise<unknown> {
    const { url, method, as } = this.#plan;
    const { budget } = this.#client;
    budget.add(PER_CALL);
    try {
      const attempt = () => this.#attempt();
      const value = await repeat({ url, method, attempt, untilRetry: (error) => this.#untilRetry(error) });
      budget.add(PER_SUCCESS);
      this.#log('info', 'answered', () => ({ status: this.#response?.status }));
      if (value) this.#remember(value, this.#response as Response);
      return value;
    } catch (error) {
      this.#log('info', 'failed', () => ({ code: (error as RunctlError).code }));
      throw error;
    } finally {
      // A stream is still to be read; its signal is of this one connection, and ends with it.
      if (as !== 'stream') this.#interruption.dispose();
    }
  }

  #attempt(): Promise<unknown> {
    this.#response = undefined;
    const controller = new AbortController();
    return this.#interruption.run(() => this.#exchange(controller.signal), this.#plan.limits.timeout, controller);
  }

  async #exchange(signal: AbortSignal): Promise<unknown> {
    const { as, headers, answer } = this.#plan;
    const facts = this.#facts;
    facts.attempts += 1;
    this.#log('debug', 'sent', () => ({ headers: shownHeaders(Object.entries(headers)) }));
    this.#key = await this.#client.credentials.key();
    const response = await dispatch(this.#client, this.#plan, this.#key, facts, signal);
    this.#response = response;
    const { status } = response;
    this.#log('debug', 'headers', () => ({ status, headers: shownHeaders(response.headers) }));
    const chunks: Uint8Array[] = [];
    if (status < 200 || status > 299) {
      this.#answerError = () => answerError(response, textOf(chunks), facts);
      // The status is the answer; a body that breaks off or never ends changes nothing about it.
      await readBody(response, LARGEST_ERROR, chunks).catch(() => undefined);
      throw this.#answerError();
    }
    if (as === 'stream') {
      if (status === 204 || response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
      throw decodeError(response, 'no stream of events', facts);
    }
    const isCut = await readBody(response, LARGEST_ANSWER, chunks).catch((error: unknown) => {
      throw networkFailure(error, facts);
    });
    if (isCut) throw decodeError(response, `more than ${LARGEST_ANSWER} bytes`, facts);
    if (as === 'json') return decodeAnswer(response, textOf(chunks), answer, facts);
    return new Response(chunks.length > 0 ? (joined(chunks) as BodyInit) : null, response);
  }

  /** Resolves when the next attempt is due, or with false where none is; rejects where the reason is another one now. */
  async #untilRetry(error: unknown): Promise<boolean> {
    this.#answerError = undefined;
    if (await this.#renewKey(error)) return true;
    const headers = this.#response?.headers;
    const verdict = judge(error, headers, this.#facts);
    const isTired = verdict === 'wait' ? this.#facts.attempts > MOST_WAITS : this.#retries >= this.#plan.limits.retries;
    if (verdict === 'stop' || isTired) return false;

    const asked = headers && retryAfterMs(headers);
    const ms = asked === undefined ? backoffMs(this.#retries + 1) : spread(asked);
    if (ms >= this.#interruption.left() && error instanceof RunctlNetworkError)
      throw this.#timeoutError('total', error);
    if (ms >= this.#interruption.left() || (asked ?? 0) > this.#client.options.maxRetryAfter) return false;
    if (verdict === 'retry') {
      if (!this.#client.budget.spend()) {
        Object.assign(error as object, { retryBudgetExhausted: true });
        return false;
      }
      this.#retries += 1;
    }
    this.#log('info', 'will be sent again', () => ({ afterMs: Math.round(ms), code: (error as RunctlError).code }));
    await this.#interruption.run(undefined, ms);
    return true;
  }

  /** Asks for another key, once a call, after a 401. True where there is one. */
  async #renewKey(error: unknown): Promise<boolean> {
    if (this.#isKeyRenewed || !(error instanceof RunctlApiError) || error.status !== 401) return false;
    this.#isKeyRenewed = true;
    return this.#interruption.run(() => this.#client.credentials.renew(this.#key));
  }

  #timeoutError(phase: 'attempt' | 'total', cause?: unknown): RunctlTimeoutError {
    const option = phase === 'attempt' ? 'timeout' : 'totalTimeout';
    const says = `no answer within \`${option}\` (${this.#plan.limits[option]} ms).`;
    return failure(RunctlTimeoutError, this.#facts, says, { phase, cause });
  }

  #remember(value: object, { status, headers }: Response): void {
    const { attempts, idempotencyKey, redact } = this.#facts;
    rememberMeta(value, {
      status,
      headers,
      requestId: requestIdOf(headers, redact) ?? null,
      attempts,
      durationMs: this.#interruption.elapsed(),
      idempotencyKey,
      idempotentReplay: headers.get('idempotent-replayed') === 'true',
    });
  }

  #log(level: 'info' | 'debug', what: string, fields: () => object): void {
    const { route, path } = this.#plan;
    const ms = () => Math.round(this.#interruption.elapsed());
    const { attempts: attempt } = this.#facts;
    this.#client.log(level, `${route} ${what}`, () => ({ path, attempt, ms: ms(), ...fields() }));
  }
}
