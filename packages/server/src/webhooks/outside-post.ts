import { lookup as dnsLookup } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { plainAddress } from '../rate-limit/address.ts';

/** Addresses that are not of the outside: this machine, its networks, and what no machine has. */
const INSIDE: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
];
const inside = new BlockList();
for (const range of INSIDE) {
  const [address = '', bits] = range.split('/');
  inside.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
}

/** Answers are read to the end of their head only; whoever sends more is not listened to. */
const TIMEOUT_MS = 10_000;

export interface OutsidePost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Inside addresses that may be reached all the same. */
  readonly allowed: BlockList;
  readonly timeoutMs?: number;
}

/** True for an address that strangers' URLs may lead to. */
export function isReachable(address: string, allowed: BlockList): boolean {
  const plain = plainAddress(address);
  if (plain === null) return false;
  const family = plain.includes(':') ? 'ipv6' : 'ipv4';
  return allowed.check(plain, family) || !inside.check(plain, family);
}

/** True for an address that leads inside whatever the name server says; of other names that is judged with each post. */
export function leadsInside(url: string, allowed: BlockList): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const isOwn = host === 'localhost' || host.endsWith('.localhost');
  const address = isOwn ? '127.0.0.1' : host;
  return isIP(address) !== 0 && !isReachable(address, allowed);
}

/**
 * Posts to an address that somebody has typed, which must not lead inside: the name is resolved once, the answer judged,
 * and the connection made to that very address, so that no second answer of the name server can differ. Redirects are
 * not followed. Gives the status and a wish to wait; rejects with a reason in words.
 */
export function postOutside({
  url,
  headers,
  body,
  allowed,
  timeoutMs = TIMEOUT_MS,
}: OutsidePost): Promise<{ status: number; retryAfterMs: number }> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isReachable(host, allowed)) return Promise.reject(new Error('the address leads inside'));
  const lookup: LookupFunction = (name, _options, done) => {
    dnsLookup(name, { all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const good = found.filter(({ address }) => isReachable(address, allowed));
      if (good.length < found.length || good.length === 0) return done(new Error('the name leads inside'), []);
      done(null, good);
    });
  };
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        lookup,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        resolve({ status: response.statusCode ?? 0, retryAfterMs: retryAfter(response.headers['retry-after']) });
        response.destroy();
      },
    );
    request.on('error', (error) => reject(error.name === 'TimeoutError' ? new Error('no answer in time') : error));
    request.end(body);
  });
}

function retryAfter(header: string | undefined): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
}
