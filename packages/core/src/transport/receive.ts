import type { RunctlError } from '../errors/runctl-error.ts';
import { answerError } from './answer-error.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallPlan } from './call-plan.ts';
import { decodeAnswer, decodeError } from './decode-answer.ts';
import { networkFailure } from './network-failure.ts';
import { joined, LARGEST_ANSWER, readBody, textOf } from './read-body.ts';

/**
 * What an answer becomes, read to its end: a value, a Response, or an error. Where it is no success, `onError` is told how
 * to make the error from what has been read so far.
 */
export async function receive(
  response: Response,
  { as, answer }: CallPlan,
  facts: CallFacts,
  onError: (error: () => RunctlError) => void,
): Promise<unknown> {
  /** Bytes of an error's body that are read. */
  const LARGEST_ERROR = 64 * 1024;
  const { status } = response;
  const chunks: Uint8Array[] = [];
  if (status < 200 || status > 299) {
    const error = () => answerError(response, textOf(chunks), facts);
    onError(error);
    // The status is the answer; a body that breaks off or never ends changes nothing about it.
    await readBody(response, LARGEST_ERROR, chunks).catch(() => undefined);
    throw error();
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
