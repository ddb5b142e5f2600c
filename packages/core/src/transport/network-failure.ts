import { hasErrorMark } from '../errors/error-mark.ts';
import { RunctlNetworkError } from '../errors/network-error.ts';
import { type CallFacts, failure } from './call-facts.ts';

/**
 * The error for whatever a `fetch` rejects with. Platforms word the same failure in their own ways, so the words decide
 * nothing: what is neither an answer nor an abort is a failure of the network. Only a certificate that is refused will be
 * refused again.
 */
export function networkFailure(error: unknown, facts: CallFacts): unknown {
  if (hasErrorMark(error, 'RunctlError')) return error;
  const { code: causeCode, message: said = (error as Error | undefined)?.message ?? error } = coded(error);
  const message = facts.redact(String(said));
  const isRefused = /CERT|SELF_SIGNED|UNABLE_TO_|certificate/.test(causeCode + message);
  const says = isRefused ? 'certificate refused' : 'no answer';
  return failure(RunctlNetworkError, facts, `${says} (${(message || `${causeCode}`).slice(0, 200)}).`, {
    code: `network.${isRefused ? 'certificate' : 'failed'}`,
    causeCode,
    retryable: !isRefused,
    cause: isHarmless(error, facts.redact) ? error : new RunctlNetworkError(message, { causeCode }),
  });
}

/** The error that has the platform's code, the one that came or one beneath it: it says the most. */
function coded(error: unknown, depth = 0): { code?: string; message?: string } {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? (error as { code: string }) : depth > 3 ? {} : coded(cause, depth + 1);
}

/** Whether an error may be kept: it carries neither the request nor the key. */
function isHarmless(error: unknown, redact: (text: string) => string): boolean {
  if (!(error instanceof Error)) return false;
  const texts = `${error.message} ${error.stack} ${error.cause}`;
  return redact(texts) === texts && !['request', 'response', 'config', 'options'].some((member) => member in error);
}
