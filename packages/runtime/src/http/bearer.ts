import type { Authentication, Principal } from '../services/authentication.ts';
import { Failure } from '../services/failure.ts';
import type { StreamTokens } from '../services/stream-tokens.ts';

const bearer = /^Bearer (rctl_[0-9A-Za-z]{32})$/i;
/** Looked up where no key came, so that its absence takes the same way and the same time. */
const nobodysKey = `rctl_${'0'.repeat(32)}`;

/** Who sent a request. @throws {Failure} `authentication.failed`, the same whatever was wrong */
export async function authenticate(authentication: Authentication, header: string | undefined): Promise<Principal> {
  const key = bearer.exec(header ?? '')?.[1];
  const principal = await authentication.principalOf(key ?? nobodysKey);
  if (principal !== null && key !== undefined) return principal;
  throw new Failure('authentication.failed', 'The request has no API key that is valid here.', {
    hint: 'Send Authorization: Bearer and a key, which is rctl_ and 32 letters and digits.',
  });
}

/** Who reads a stream by a token. @throws {Failure} `authentication.failed`, the same whatever was wrong */
export async function authenticateByToken(
  tokens: Pick<StreamTokens, 'principalOf'>,
  token: string,
  subjectId: string,
): Promise<Principal> {
  const principal = await tokens.principalOf(token, subjectId);
  if (principal !== null) return principal;
  throw new Failure('authentication.failed', 'The token of the address is not valid for this stream.', {
    hint: 'Tokens are good for one stream and for ten minutes; make another one with createStreamUrl.',
  });
}
