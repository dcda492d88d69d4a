import { CLOSE_CODES, LIMITS, mayReconnect } from '@parley/protocol/constants';
import { expect, test } from 'vitest';
import { FINAL_CODES } from './connection.ts';
import { CURSOR_REPORTS, PAGE_ITEMS, PAGE_MESSAGES, PRESENCE_USERS, RESUME_CHANNELS } from './limits.ts';

test('the limits are those of the protocol', () => {
  expect({ CURSOR_REPORTS, PAGE_ITEMS, PAGE_MESSAGES, PRESENCE_USERS, RESUME_CHANNELS }).toEqual({
    CURSOR_REPORTS: LIMITS.cursorReports,
    PAGE_ITEMS: LIMITS.pageItems,
    PAGE_MESSAGES: LIMITS.pageMessages,
    PRESENCE_USERS: LIMITS.presenceUsers,
    RESUME_CHANNELS: LIMITS.resumeChannels,
  });
});

test('the close codes after which connecting again cannot help are those of the protocol', () => {
  const final = Object.entries(CLOSE_CODES).filter(([, code]) => !mayReconnect(code));
  expect(FINAL_CODES).toEqual(Object.fromEntries(final.map(([name, code]) => [code, name])));
});
