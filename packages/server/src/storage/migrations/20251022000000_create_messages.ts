import { sqlMigration } from './migration.ts';

/** Messages and what hangs on them. `(root_id, rev)` makes "all that changed since" one range of an index. */
export const createMessages = sqlMigration({
  up: [
    `CREATE TABLE messages (
       channel_id uuid NOT NULL,
       root_id uuid NOT NULL,
       seq bigint NOT NULL,
       rev bigint NOT NULL,
       id uuid NOT NULL,
       sender_id uuid NOT NULL,
       kind text NOT NULL DEFAULT 'text' CHECK (kind IN ('text', 'system')),
       body text NOT NULL,
       reply_to bigint,
       thread_id uuid,
       everyone text CHECK (everyone IN ('here', 'channel')),
       mentions uuid[],
       attachments uuid[],
       created_at timestamptz NOT NULL DEFAULT now(),
       edited_at timestamptz,
       deleted_at timestamptz,
       pinned_at timestamptz,
       pinned_by uuid,
       PRIMARY KEY (channel_id, seq)
     )`,
    'CREATE UNIQUE INDEX idx_messages_id ON messages (channel_id, id)',
    'CREATE UNIQUE INDEX idx_messages_rev ON messages (root_id, rev)',
    'CREATE INDEX idx_messages_pinned ON messages (channel_id, pinned_at DESC) WHERE pinned_at IS NOT NULL',
    `CREATE TABLE message_edits (
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       rev bigint NOT NULL,
       body text NOT NULL,
       edited_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, seq, rev)
     )`,
    `CREATE TABLE reactions (
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       emoji text NOT NULL,
       user_id uuid NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, seq, emoji, user_id)
     )`,
    `CREATE TABLE mentions (
       user_id uuid NOT NULL,
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       PRIMARY KEY (user_id, channel_id, seq)
     )`,
  ],
  down: ['DROP TABLE mentions', 'DROP TABLE reactions', 'DROP TABLE message_edits', 'DROP TABLE messages'],
});
