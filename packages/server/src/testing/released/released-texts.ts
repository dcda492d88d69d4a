/**
 * Where today's sources speak of what came after the release: the file below `src`, the text, and what stood in its place. There is
 * no older server to run beside a newer one before there are two releases, so today's stands in for it. Emptied with each release.
 */
export const RELEASED_TEXTS: readonly (readonly [file: string, present: string, released: string])[] = [
  ['channels/membership-store.ts', 'joined_at, joined_access)', 'joined_at)'],
  ['channels/membership-store.ts', 'clock_timestamp(), c.access_rev', 'clock_timestamp()'],
  ['channels/membership-store.ts', 'joined_access = EXCLUDED.joined_access, ', ''],
  ['writer/exact.ts', 'm.joined_access', '0::bigint AS joined_access'],
];
