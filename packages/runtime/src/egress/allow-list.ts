import { isIP } from 'node:net';
import { AddressRanges, canonicalAddress } from './address-class.ts';
import { EgressSettingError } from './egress-error.ts';

/** What the operator has opened. */
export interface AllowList {
  /** The host is opened by its name, on this port or on all. */
  hasHost(hostname: string, port: string): boolean;
  /** The address is in an opened range. */
  hasAddress(address: string): boolean;
  /** Whether there are ranges at all: without one, nothing needs to be resolved to be refused. */
  readonly hasRanges: boolean;
}

/**
 * Reads entries of the setting: a host, `host:port`, an address, or a CIDR range.
 *
 * @throws {EgressSettingError} An entry is none of these.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>();
  const ranges = new AddressRanges();
  let hasRanges = false;
  for (const entry of entries.map((each) => each.trim()).filter(Boolean)) {
    if (isRange(entry)) {
      addRange(ranges, entry);
      hasRanges = true;
    } else {
      hosts.add(parseHost(entry));
    }
  }
  return {
    hasRanges,
    hasHost: (hostname, port) => hosts.has(hostname) || hosts.has(`${hostname}:${port}`),
    hasAddress: (address) => ranges.has(address),
  };
}

function isRange(entry: string): boolean {
  return entry.includes('/') || isIP(canonicalAddress(entry)) !== 0;
}

function addRange(ranges: AddressRanges, entry: string): void {
  const [network = '', prefix] = entry.split('/');
  const address = canonicalAddress(network);
  const isValid = isIP(address) !== 0 && (prefix === undefined || /^\d{1,3}$/.test(prefix));
  try {
    if (!isValid) throw new EgressSettingError(entry);
    ranges.add(prefix === undefined ? address : `${address}/${prefix}`);
  } catch {
    throw new EgressSettingError(entry);
  }
}

/** `host` or `host:port`, the host in the form in which a URL has it. */
function parseHost(entry: string): string {
  const match = /^(\[[^\]]+\]|[^:@*\s]+)(?::(\d{1,5}))?$/.exec(entry);
  const address = `http://${match?.[1]}/`;
  if (!match || !URL.canParse(address)) throw new EgressSettingError(entry);
  const host = new URL(address).hostname.replace(/\.$/, '');
  return match[2] === undefined ? host : `${host}:${Number(match[2])}`;
}
