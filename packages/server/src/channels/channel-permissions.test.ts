import { ACTIONS } from '@parley/protocol';
import { expect, test } from 'vitest';
import { normalPermissions } from './channel-permissions.ts';

test('a table is kept in one order, each action once', () => {
  expect(normalPermissions({ guest: ['message.history', 'channel.read', 'channel.read'] })).toEqual({
    guest: ['channel.read', 'message.history'],
  });
  expect(normalPermissions({})).toEqual({});
});

test('[CHAN7] owners cannot be restricted, and nobody who is in a channel can be kept from reading it', () => {
  expect(() => normalPermissions({ owner: ['channel.read'] })).toThrow('owners keep every action');
  expect(normalPermissions({ owner: ACTIONS })).toEqual({});
  expect(() => normalPermissions({ member: [] })).toThrow('can read it');
});
