import { EgressFailure, EgressRefused } from '../../egress/egress-error.ts';
import type { EgressGuard, EgressStream } from '../../egress/egress-guard.ts';
import type { WebhookRow } from '../../store/outbox-rows.ts';
import { signatureHeaders } from '../../tools/webhook-signature.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { askedPause } from './retry-schedule.ts';

/** What is sent, to whom. */
export interface WebhookAttempt {
  webhook: Pick<WebhookRow, 'url' | 'secret' | 'previous_secret' | 'previous_secret_until'>;
  /** Of the event: the same at every attempt. */
  id: string;
  body: string;
  /** Of this attempt, milliseconds since the epoch. */
  now: number;
  timeoutMs: number;
  /** Aborted when the process ends. */
  signal: AbortSignal;
}

/** Of an answer that is read, so that the connection can serve the next request; bytes and milliseconds. */
const readAtMost = 16_384;
const readFor = 1_000;

/** One request. What counts of the answer is its status: 2xx. Redirects are not followed, since they would not be 2xx. */
export async function sendWebhook(
  egress: Pick<EgressGuard, 'stream'>,
  attempt: WebhookAttempt,
): Promise<AttemptOutcome> {
  const { webhook, id, body, now, timeoutMs, signal } = attempt;
  const ending = new AbortController();
  try {
    const answer = await egress.stream(webhook.url, {
      method: 'POST',
      headers: {
        accept: '*/*',
        'content-type': 'application/json',
        ...signatureHeaders({ id, sentAt: new Date(now), body }, ...secretsOf(webhook, now)),
      },
      body,
      maxBytes: readAtMost,
      timeoutMs,
      signal: AbortSignal.any([signal, ending.signal]),
    });
    await readOut(answer);
    return outcomeOf(answer, now);
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    if (!(error instanceof EgressFailure || error instanceof EgressRefused)) throw error;
    return { kind: 'failed', responseStatus: null, askedPauseMs: null };
  } finally {
    ending.abort();
  }
}

function secretsOf(
  { secret, previous_secret, previous_secret_until }: WebhookAttempt['webhook'],
  now: number,
): string[] {
  const isOverlapping = previous_secret !== null && previous_secret_until !== null && now < previous_secret_until;
  return isOverlapping ? [secret, previous_secret] : [secret];
}

function outcomeOf({ status, headers }: EgressStream, now: number): AttemptOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', responseStatus: status };
  if (status === 410) return { kind: 'refused', responseStatus: status, isGone: true };
  return { kind: 'failed', responseStatus: status, askedPauseMs: askedPause(headers['retry-after'], now) };
}

/** A body that is long, slow or broken changes nothing of what its status has said. */
async function readOut({ body }: EgressStream): Promise<void> {
  const reader = body.getReader();
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<{ done: true }>((resolve) => {
    timer = setTimeout(() => resolve({ done: true }), readFor);
  });
  try {
    while (!(await Promise.race([reader.read(), enough])).done);
  } catch {
    // The answer was there before it.
  } finally {
    clearTimeout(timer);
  }
}
