import { BlockList, isIP } from 'node:net';

/** Where an address leads. Only `public` may be called without the operator's leave; `metadata` may never be. */
export type AddressClass = 'public' | 'loopback' | 'private' | 'link-local' | 'reserved' | 'metadata';

type Family = 'ipv4' | 'ipv6';

/** Credentials of the machine itself are served here, so no setting opens them. */
const METADATA: Record<Family, string[]> = {
  ipv4: [
    '169.254.169.254/32', // AWS, Azure, Google Cloud, DigitalOcean, OpenStack
    '169.254.170.2/32', // AWS ECS
    '169.254.170.23/32', // AWS EKS
    '100.100.100.200/32', // Alibaba Cloud
    '168.63.129.16/32', // Azure, a public address
    '192.0.0.192/32', // Oracle Cloud
  ],
  ipv6: ['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128'],
};

/** @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const SPECIAL_IPV4: [AddressClass, string[]][] = [
  ['loopback', ['127.0.0.0/8']],
  ['link-local', ['169.254.0.0/16']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']],
  [
    'reserved',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '224.0.0.0/4',
      '240.0.0.0/4',
    ],
  ],
];

/** @see https://www.iana.org/assignments/iana-ipv6-special-registry */
const SPECIAL_IPV6: [AddressClass, string[]][] = [
  ['loopback', ['::1/128']],
  ['link-local', ['fe80::/10']],
  ['private', ['fc00::/7', 'fec0::/10']],
  // Inside the global unicast range: protocol assignments with Teredo, documentation, 6to4.
  ['reserved', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']],
];

/** Addresses of one family. Two lists, since `BlockList` takes an IPv4 address for its mapped IPv6 form. */
export class AddressRanges {
  readonly #lists: Record<Family, BlockList> = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @throws {RangeError} The prefix is longer than an address of the family. */
  add(range: string): this {
    const [network = '', prefix] = range.split('/');
    const family = familyOf(network);
    this.#lists[family].addSubnet(network, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
    return this;
  }

  has(address: string): boolean {
    const family = familyOf(address);
    return this.#lists[family].check(address, family);
  }
}

/**
 * The form in which an address is judged: without a zone, and as IPv4 where IPv6 only wraps it (`::ffff:10.0.0.1`).
 */
export function canonicalAddress(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIP(bare) !== 6) return bare;
  const groups = hextets(bare);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? ipv4Of(groups[6], groups[7]) : bare;
}

/** Classifies a {@link canonicalAddress}. What is no address at all is `reserved`. */
export function classifyAddress(address: string): AddressClass {
  const version = isIP(address);
  if (version === 0) return 'reserved';
  if ([address, ...embeddedIpv4(address)].some((each) => metadata.has(each))) return 'metadata';
  const special = (version === 4 ? specialIpv4 : specialIpv6).find(([, ranges]) => ranges.has(address));
  if (special) return special[0];
  return version === 4 || globalUnicast.has(address) ? 'public' : 'reserved';
}

/** IPv4 addresses that a gateway would take out of a NAT64, 6to4 or IPv4-compatible address. */
function embeddedIpv4(address: string): string[] {
  if (isIP(address) !== 6) return [];
  const groups = hextets(address);
  return [ipv4Of(groups[6], groups[7]), ipv4Of(groups[1], groups[2])];
}

function ipv4Of(high = 0, low = 0): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address. The URL parser turns a dotted tail into hexadecimal groups. */
function hextets(address: string): number[] {
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = [], tail = []] = text.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...(text.includes('::') ? zeros : []), ...tail].map((group) => Number.parseInt(group, 16));
}

function familyOf(address: string): Family {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function rangesOf(ranges: readonly string[]): AddressRanges {
  return ranges.reduce((all, range) => all.add(range), new AddressRanges());
}

const metadata = rangesOf([...METADATA.ipv4, ...METADATA.ipv6]);
const globalUnicast = rangesOf(['2000::/3']);
const specialIpv4 = SPECIAL_IPV4.map(([name, ranges]) => [name, rangesOf(ranges)] as const);
const specialIpv6 = SPECIAL_IPV6.map(([name, ranges]) => [name, rangesOf(ranges)] as const);
