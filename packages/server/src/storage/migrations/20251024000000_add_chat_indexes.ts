import { sqlMigration } from './migration.ts';

/** The two indexes that every list of messages by time and every list of a user's channels relies on. */
export const addChatIndexes = sqlMigration({
  up: [
    'CREATE INDEX idx_messages_channel_created ON messages (channel_id, created_at DESC)',
    'CREATE INDEX idx_channel_members_user ON channel_members (user_id, channel_id)',
  ],
  down: ['DROP INDEX idx_channel_members_user', 'DROP INDEX idx_messages_channel_created'],
});
