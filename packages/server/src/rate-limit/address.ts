import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { StartError } from '../lib/start-error.ts';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The address as one writes it: IPv4 also where it came mapped into IPv6, and without a zone; null when it is none. */
export function plainAddress(text: string): string | null {
  const address = text.replace(/%.*$/, '').toLowerCase();
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return isIPv4(mapped) ? mapped : null;
  return isIPv4(address) || isIPv6(address) ? address : null;
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 one, since each customer has at least that much to choose from. */
export function addressKey(address: string): string {
  const plain = plainAddress(address);
  if (plain === null || isIPv4(plain)) return plain ?? address;
  return `${firstGroups(plain).join(':')}::/64`;
}

/** The first four groups, as numbers without leading zeros. */
function firstGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  // The last group may be a dotted IPv4 address, which stands for two.
  const backLength = back.length + (back.at(-1)?.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? 0 : 8 - front.length - backLength;
  const groups = [...front, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...back];
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
}

/** Addresses and CIDR ranges of a setting; throws a `StartError` that names what is neither. */
export function readRanges(texts: readonly string[], env = 'PARLEY_TRUSTED_PROXIES'): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits, ...rest] = text.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const prefix = bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits);
    if ((!isIPv4(address) && !isIPv6(address)) || !isPrefix(bits ?? '0', prefix, family) || rest.length > 0) {
      throw new StartError({
        code: 'bad_settings',
        message: `unable to read ${env}; "${text}" is neither an address nor a CIDR range`,
        hint: 'Write addresses such as 10.0.0.7 or ranges such as 10.0.0.0/8, parted by commas.',
      });
    }
    list.addSubnet(address, prefix, family);
  }
  return list;
}

function isPrefix(bits: string, prefix: number, family: 'ipv4' | 'ipv6'): boolean {
  return /^\d{1,3}$/.test(bits) && prefix <= (family === 'ipv6' ? 128 : 32);
}
