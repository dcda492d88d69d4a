import { expect, test } from 'vitest';
import { PLAIN_STATUS } from './presence.ts';
import { changeStatus, isOfUser } from './status-change.ts';

const lunch = { ...PLAIN_STATUS, text: 'lunch', emoji: '🍲', until: 5_000 };

test('what a command leaves out stays as it is', () => {
  expect(isOfUser({ idle: true })).toBe(false);
  expect(isOfUser({ doNotDisturb: false })).toBe(true);
  expect(changeStatus(lunch, { status: 'away' }, 1_000)).toEqual({ ...lunch, availability: 'away' });
  expect(changeStatus(lunch, { doNotDisturb: true }, 1_000)).toEqual({ ...lunch, doNotDisturb: true });
});

test('[PRES3] a new text stands until it is changed, unless it says for how long', () => {
  expect(changeStatus(lunch, { statusText: 'tea' }, 1_000)).toEqual({ ...lunch, text: 'tea', until: null });
  expect(changeStatus(lunch, { statusText: 'tea', statusForMs: 60_000 }, 1_000).until).toBe(61_000);
  expect(changeStatus(lunch, { statusForMs: null }, 1_000)).toEqual({ ...lunch, until: null });
  expect(changeStatus(lunch, { statusText: '', statusEmoji: '' }, 1_000)).toEqual(PLAIN_STATUS);
});

test('[PRES3] a text that has ended does not come back with a later command', () => {
  expect(changeStatus(lunch, { statusEmoji: '🔧' }, 6_000)).toEqual({ ...PLAIN_STATUS, emoji: '🔧' });
  expect(changeStatus(lunch, { status: 'away' }, 6_000)).toEqual({ ...PLAIN_STATUS, availability: 'away' });
});
