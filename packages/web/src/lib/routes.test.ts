import type { ChannelId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { hrefOf, parseRoute, type Route, toChannel } from './routes.ts';

const ID = '019a0000-0000-7000-8000-000000000001' as ChannelId;
const ROUTES: readonly Route[] = [
  { name: 'home' },
  { name: 'threads' },
  { name: 'welcome', ownerToken: 'pow_a/b' },
  { name: 'join', code: 'pin_x', channelId: null },
  { name: 'join', code: 'pin_x', channelId: ID },
  toChannel(ID),
  toChannel(ID, undefined, 42),
  toChannel(ID, { name: 'members' }),
  toChannel(ID, { name: 'thread', threadId: ID }),
  { name: 'settings', section: 'sessions' },
  { name: 'admin', section: 'keys' },
];

test.each(ROUTES)('the address of $name leads back to it', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route);
});

test('addresses that make no sense lead somewhere sensible', () => {
  for (const hash of ['', '#', '#/nowhere', '#/c', '#/join', '#/%zz'])
    expect(parseRoute(hash)).toEqual({ name: 'home' });
  expect(parseRoute('#/settings/none')).toEqual({ name: 'settings', section: 'profile' });
  expect(parseRoute(`#/c/${ID}/m/x`)).toEqual(toChannel(ID));
});
