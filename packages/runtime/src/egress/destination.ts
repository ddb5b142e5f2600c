import { isIP } from 'node:net';
import { canonicalAddress, classifyAddress } from './address-class.ts';
import type { AllowList } from './allow-list.ts';
import { EGRESS_SETTING, EgressRefused } from './egress-error.ts';

/** A parsed address that passed every rule that needs no resolving, and how its addresses are to be judged. */
export interface Destination {
  url: URL;
  /** @throws {EgressRefused} One of the addresses that the name resolves to may not be called. */
  checkAddresses(addresses: readonly string[]): void;
}

/** Names that mean the machine, its network or its cloud, whatever they resolve to today. */
const LOCAL_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home.arpa'];

/**
 * Judges an address.
 *
 * @throws {EgressRefused} Scheme, credentials, name or literal address are not allowed.
 */
export function destinationOf(address: string, allowed: AllowList): Destination {
  const url = parse(address);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const host = url.hostname.replace(/\.$/, '');
  const literal = canonicalAddress(host);
  const isOpenHost = allowed.hasHost(host, port);
  const needsOpening = openingReason(url, host);
  const checkAddresses = (addresses: readonly string[]) => {
    for (const each of addresses) judge(url, canonicalAddress(each), isOpenHost, needsOpening, allowed);
  };
  if (isIP(literal)) checkAddresses([literal]);
  else if (needsOpening && !isOpenHost && !allowed.hasRanges) throw refusal(url, needsOpening);
  return { url, checkAddresses };
}

function parse(address: string): URL {
  if (!URL.canParse(address)) throw new EgressRefused(`"${address.slice(0, 200)}" is not an absolute URL.`);
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new EgressRefused(`${url.protocol} addresses may not be called; expected https:.`);
  }
  if (url.username || url.password) {
    throw new EgressRefused(`The address of ${url.host} carries credentials; a URL may not. Send them another way.`);
  }
  return url;
}

/** Why a destination is refused unless the operator has opened it; null where any public address will do. */
function openingReason(url: URL, host: string): string | null {
  if (isLocalName(host)) return 'its name is one of a local network';
  return url.protocol === 'http:' ? 'http: is not encrypted; use https:' : null;
}

function isLocalName(host: string): boolean {
  if (isIP(canonicalAddress(host))) return false;
  return !host.includes('.') || LOCAL_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`));
}

function judge(url: URL, address: string, isOpenHost: boolean, needsOpening: string | null, allowed: AllowList): void {
  const addressClass = classifyAddress(address);
  if (addressClass === 'metadata') {
    throw new EgressRefused(`${url.host} is the address of a cloud's metadata service. No setting opens it.`);
  }
  if (isOpenHost || allowed.hasAddress(address)) return;
  if (addressClass !== 'public') throw refusal(url, `it is a ${addressClass} address`);
  if (needsOpening) throw refusal(url, needsOpening);
}

/** Names the host and the rule, never the resolved address: that would tell a tenant how the network is numbered. */
function refusal(url: URL, reason: string): EgressRefused {
  return new EgressRefused(
    `${url.host} may not be called: ${reason}. The operator of this runtime can open it with ${EGRESS_SETTING}, ` +
      `a list of hosts, host:port and CIDR ranges.`,
  );
}
