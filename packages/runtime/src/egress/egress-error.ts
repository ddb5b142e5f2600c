/** The environment variable with which an operator opens hosts and ranges. */
export const EGRESS_SETTING = 'RUNCTL_EGRESS_ALLOW';

/** An address that may not be called. Says which rule refused it and which setting opens it. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
  readonly code = 'egress_refused';
}

/** A call that was allowed and failed on the way. */
export class EgressFailure extends Error {
  override readonly name = 'EgressFailure';
  /** `network`: refused, reset, DNS, TLS. `too_large`: the decoded body passed its cap. `timeout`: the deadline passed. */
  readonly code: 'network' | 'timeout' | 'too_large';

  constructor(code: EgressFailure['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An entry of the setting that is neither a host, a host with a port, nor a CIDR range. */
export class EgressSettingError extends Error {
  override readonly name = 'EgressSettingError';

  constructor(entry: string) {
    super(
      `${EGRESS_SETTING} has the entry "${entry}". Expected a host ("tools.internal"), a host with a port ` +
        `("localhost:8080", "[::1]:8080"), an address, or a CIDR range ("10.0.0.0/8"), separated by commas.`,
    );
  }
}
