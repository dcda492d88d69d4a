import { sqlMigration } from './migration.ts';

/** How far a message has got. The columns follow the members' cursors, in ranges; a constant default rewrites no row. */
export const updateChatSchema = sqlMigration({
  up: [
    `ALTER TABLE messages ADD COLUMN status VARCHAR(20) NOT NULL DEFAULT 'sent'`,
    'ALTER TABLE messages ADD COLUMN delivered_at timestamptz',
    'ALTER TABLE messages ADD COLUMN read_at timestamptz',
  ],
  down: [
    'ALTER TABLE messages DROP COLUMN read_at',
    'ALTER TABLE messages DROP COLUMN delivered_at',
    'ALTER TABLE messages DROP COLUMN status',
  ],
});
