import { sqlMigration } from './migration.ts';

/** What is kept of presence when nobody is connected: when a user was last here, and what he says of himself. */
export const addPresence = sqlMigration({
  up: [
    'ALTER TABLE users ADD COLUMN last_seen_at timestamptz',
    // In no index and on pages with room, so that the frequent updates of it stay heap-only.
    'ALTER TABLE users SET (fillfactor = 80)',
    `CREATE TABLE user_statuses (
       user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
       availability text NOT NULL DEFAULT 'online' CHECK (availability IN ('online', 'away', 'invisible')),
       do_not_disturb boolean NOT NULL DEFAULT false,
       text text NOT NULL DEFAULT '',
       emoji text NOT NULL DEFAULT '',
       until timestamptz
     )`,
  ],
  down: [
    'DROP TABLE user_statuses',
    'ALTER TABLE users RESET (fillfactor)',
    'ALTER TABLE users DROP COLUMN last_seen_at',
  ],
});
