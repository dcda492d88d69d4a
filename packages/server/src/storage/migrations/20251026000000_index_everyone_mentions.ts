import { sqlMigration } from './migration.ts';

/** Messages to everyone in a channel: unread ones are counted here, instead of one row per member and message. */
export const indexEveryoneMentions = sqlMigration({
  up: ['CREATE INDEX idx_messages_everyone ON messages (channel_id, seq) WHERE everyone IS NOT NULL'],
  down: ['DROP INDEX idx_messages_everyone'],
});
