import { LIMITS } from '@parley/protocol/constants';
import { expect, test } from 'vitest';
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
