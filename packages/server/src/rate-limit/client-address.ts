import { type BlockList, isIPv6 } from 'node:net';
import { plainAddress } from './address.ts';

/** Hops of `X-Forwarded-For` that are looked at: longer chains are forgeries, and each hop costs a look-up. */
const MAX_HOPS = 16;

/**
 * Who really asks. Without trusted proxies it is the peer. Behind one, `X-Forwarded-For` is read from the right, where the
 * proxies wrote, and only as far as each hop is itself trusted: what a client wrote on the left is never believed.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  trusted: BlockList,
): string {
  let address = plainAddress(peer ?? '') ?? 'unknown';
  const header = typeof forwardedFor === 'string' ? forwardedFor : (forwardedFor ?? []).join(',');
  const hops = header === '' ? [] : header.split(',');
  for (let hop = hops.length - 1; hop >= 0 && hop >= hops.length - MAX_HOPS && isTrusted(address, trusted); hop--) {
    const next = plainAddress(withoutPort((hops[hop] ?? '').trim()));
    if (next === null) break;
    address = next;
  }
  return address;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  return address !== 'unknown' && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Some proxies write `1.2.3.4:5678` or `[2001:db8::1]:5678`. */
function withoutPort(hop: string): string {
  const match = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop);
  return match?.[1] ?? hop;
}
