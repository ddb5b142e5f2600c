import { hasErrorMark } from '../errors/error-mark.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import { type AttemptFacts, about } from './attempt-facts.ts';

/**
 * The error for whatever a `fetch` rejects with. Platforms word the same failure in their own ways, so the words decide
 * nothing: what is neither an answer nor an abort is a failure of the network. Only a certificate that is refused will be
 * refused again.
 */
export function networkFailure(error: unknown, facts: AttemptFacts): unknown {
  if (hasErrorMark(error, 'RunctlError')) return error;
  const causeCode = codeOf(error);
  const refused = /CERT|SELF_SIGNED|UNABLE_TO_|certificate/.test(`${causeCode} ${messageOf(error)}`);
  const text = causeCode ?? facts.redact(messageOf(error));
  return new RunctlNetworkError(
    `${about(facts)} ${refused ? 'certificate refused' : 'no answer'} (${text.slice(0, 200)}).`,
    {
      code: refused ? 'network.certificate' : 'network.failed',
      causeCode,
      retryable: !refused,
      attempts: facts.attempts,
      request: facts.request,
      cause: harmless(error, facts.redact),
    },
  );
}

/** The platform's code, on the error or on the one beneath it. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 3) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : codeOf(error.cause, depth + 1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The original, unless it carries the request or the key: then no more than its name, its message and its code. */
function harmless(error: unknown, redact: (text: string) => string): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? redact(error) : undefined;
  const carries = ['request', 'response', 'config', 'options'].some((member) => member in error);
  const texts = [error.stack, error.message, String(error.cause)].join();
  if (!carries && redact(texts) === texts) return error;
  const copy = new RunctlNetworkError(redact(error.message), { code: 'network.failed', causeCode: codeOf(error) });
  return copy;
}
