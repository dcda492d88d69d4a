import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combine, ownPresenceOf, PLAIN_STATUS, presenceOf, type Whereabouts } from './presence.ts';

const NOW = 1_000_000;
const userId = 'ann' as UserId;
const ann: Whereabouts = {
  userId,
  user: { id: userId, username: 'ann', displayName: 'Ann', kind: 'human', role: 'member' },
  devices: 'active',
  status: PLAIN_STATUS,
  lastSeenAt: 900_000,
};
const state = fc.constantFrom('active' as const, 'idle' as const);
const status = fc.record({
  availability: fc.constantFrom('online' as const, 'away' as const, 'invisible' as const),
  doNotDisturb: fc.boolean(),
  text: fc.constantFrom('', 'lunch'),
  emoji: fc.constantFrom('', '🍲'),
  until: fc.option(fc.integer({ min: NOW - 5, max: NOW + 5 })),
});

test('[PRES1] devices come to active if one is, to idle if all are, to nothing without one, in any order', () => {
  fc.assert(
    fc.property(fc.array(state), (states) => {
      const expected = states.includes('active') ? 'active' : states.length > 0 ? 'idle' : null;
      expect(combine(states)).toBe(expected);
      expect(combine([...states].reverse())).toBe(expected);
    }),
  );
});

test('[PRES1] whoever is here is online, or away by the devices or by choice', () => {
  const away = { ...PLAIN_STATUS, availability: 'away' as const };
  expect(presenceOf(ann, NOW).status).toBe('online');
  expect(presenceOf({ ...ann, devices: 'idle' }, NOW).status).toBe('away');
  expect(presenceOf({ ...ann, status: away }, NOW).status).toBe('away');
  expect(presenceOf({ ...ann, devices: null, status: away }, NOW)).toEqual({
    userId: 'ann',
    status: 'offline',
    lastSeen: 900_000,
  });
});

test('[PRES2] who is invisible looks the same as who is not here', () => {
  fc.assert(
    fc.property(fc.option(state), status, (devices, own) => {
      const invisible = { ...ann, devices, status: { ...own, availability: 'invisible' as const } };
      const gone = { ...ann, devices: null, status: { ...own, availability: 'online' as const } };
      expect(presenceOf(invisible, NOW)).toEqual(presenceOf(gone, NOW));
      expect(ownPresenceOf(invisible, NOW).availability).toBe('invisible');
    }),
  );
});

test('[PRES3] text and emoji are shown until they end, and never after', () => {
  fc.assert(
    fc.property(status, (own) => {
      const shown = presenceOf({ ...ann, status: own }, NOW);
      const isOver = own.until !== null && own.until <= NOW;
      expect(shown.statusText).toBe(isOver || own.text === '' ? undefined : own.text);
      expect(shown.statusEmoji).toBe(isOver || own.emoji === '' ? undefined : own.emoji);
      expect(shown.doNotDisturb).toBe(own.doNotDisturb ? true : undefined);
      if (shown.statusUntil !== undefined) expect(shown.statusUntil).toBeGreaterThan(NOW);
      expect(shown.availability).toBeUndefined();
    }),
  );
});
