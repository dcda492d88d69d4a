import { describe, expect, test } from 'vitest';
import { addressKey, plainAddress, readRanges } from './address.ts';
import { clientAddress } from './client-address.ts';

describe('addressKey', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['1::6:192.0.2.7', '1:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  test('all addresses of one /64 share a key, its neighbour does not', () => {
    expect(addressKey('2001:db8:0:1::a')).toBe(addressKey('2001:db8:0:1:ffff::b'));
    expect(addressKey('2001:db8:0:1::a')).not.toBe(addressKey('2001:db8:0:2::a'));
  });
});

test.each(['', '1.2.3', '1.2.3.4.5', '::ffff:999.1.1.1', 'localhost', '1.2.3.4, 5.6.7.8'])(
  '"%s" is no address',
  (text) => {
    expect(plainAddress(text)).toBeNull();
  },
);

test.each(['10.0.0.0/33', 'example.com', '10.0.0.0/', '10.0.0.0/x', '::1/129', '*', '10.0.0.0/8/8'])(
  'the proxy list refuses "%s"',
  (text) => {
    expect(() => readRanges([text])).toThrow(/neither an address nor a CIDR range/);
  },
);

describe('clientAddress', () => {
  const trusted = readRanges(['10.0.0.0/8', '2001:db8:ffff::/48']);

  test('[RATE2] without trusted proxies the header is never believed', () => {
    expect(clientAddress('203.0.113.9', '198.51.100.1', readRanges([]))).toBe('203.0.113.9');
    expect(clientAddress('203.0.113.9', '198.51.100.1', trusted)).toBe('203.0.113.9');
  });

  test('[RATE2] a trusted proxy names the client, and what the client forged on the left is ignored', () => {
    expect(clientAddress('10.1.1.1', '198.51.100.1', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.1.1.1', '1.1.1.1, 198.51.100.1', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.1.1.1', ['1.1.1.1', '198.51.100.1'], trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.1.1.1', '10.9.9.9, 198.51.100.1', trusted)).toBe('198.51.100.1');
    expect(clientAddress('::ffff:10.1.1.1', '198.51.100.1', trusted)).toBe('198.51.100.1');
  });

  test('a chain of trusted proxies is followed', () => {
    expect(clientAddress('10.1.1.1', '6.6.6.6, 198.51.100.1, 2001:db8:ffff::1', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.1.1.1', '10.2.2.2', trusted)).toBe('10.2.2.2');
  });

  test('ports are taken off; garbage ends the chain at the last hop that is known', () => {
    expect(clientAddress('10.1.1.1', '198.51.100.1:4711', trusted)).toBe('198.51.100.1');
    expect(clientAddress('10.1.1.1', '[2001:db8::5]:4711', trusted)).toBe('2001:db8::5');
    expect(clientAddress('10.1.1.1', '198.51.100.1, unknown', trusted)).toBe('10.1.1.1');
    expect(clientAddress('10.1.1.1', 'unix:, 10.2.2.2', trusted)).toBe('10.2.2.2');
    expect(clientAddress('10.1.1.1', '', trusted)).toBe('10.1.1.1');
    expect(clientAddress(undefined, '198.51.100.1', trusted)).toBe('unknown');
  });

  test('an endless chain costs a bounded number of looks', () => {
    const chain = Array.from({ length: 5_000 }, () => '10.2.2.2').join(',');
    expect(clientAddress('10.1.1.1', `198.51.100.1,${chain}`, trusted)).toBe('10.2.2.2');
  });
});
