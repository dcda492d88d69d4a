// Written out, since the protocol's own table holds many more than the SDK needs; a test holds the two together.

/** Messages on one page of history. */
export const PAGE_MESSAGES = 100;
/** Items on one page of anything else. */
export const PAGE_ITEMS = 200;
/** Cursors in one report of what was delivered or read. */
export const CURSOR_REPORTS = 200;
/** Users whose presence can be watched at a time. */
export const PRESENCE_USERS = 200;
/** Channels that one frame of a resume can name. */
export const RESUME_CHANNELS = 1_000;
