import { EgressRefused } from '../../egress/egress-error.ts';
import type { EgressGuard } from '../../egress/egress-guard.ts';
import { Failure } from '../failure.ts';

/**
 * Refuses an address that the runtime would never call. What its name resolves to is judged anew at every call.
 *
 * @param path of the address in the body
 * @throws {Failure} `request.invalid`
 */
export function checkReachable(egress: Pick<EgressGuard, 'check'>, path: string, url: string): void {
  try {
    egress.check(url);
  } catch (error) {
    if (!(error instanceof EgressRefused)) throw error;
    const [, hint] = /(The operator of this runtime .*)$/.exec(error.message) ?? [];
    throw new Failure('request.invalid', `${path}: ${error.message}`, {
      details: [{ path, code: 'egress_refused', message: error.message }],
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
