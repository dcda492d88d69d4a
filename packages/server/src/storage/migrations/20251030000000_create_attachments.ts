import { sqlMigration } from './migration.ts';

/** Uploaded files. A file is claimed by the message that will carry it before that message is queued, and by no other. */
export const createAttachments = sqlMigration({
  up: [
    `CREATE TABLE attachments (
       id uuid PRIMARY KEY,
       owner_id uuid NOT NULL,
       storage_key text NOT NULL UNIQUE,
       name text NOT NULL,
       type text NOT NULL,
       size bigint NOT NULL,
       width integer,
       height integer,
       created_at timestamptz NOT NULL,
       channel_id uuid,
       message_id uuid,
       claimed_at timestamptz,
       gone_at timestamptz,
       CHECK ((channel_id IS NULL) = (message_id IS NULL))
     )`,
    'CREATE INDEX idx_attachments_owner ON attachments (owner_id) WHERE gone_at IS NULL',
    'CREATE INDEX idx_attachments_message ON attachments (channel_id, message_id) WHERE message_id IS NOT NULL',
    'CREATE INDEX idx_attachments_created ON attachments (created_at)',
    'CREATE INDEX idx_attachments_gone ON attachments (gone_at) WHERE gone_at IS NOT NULL',
  ],
  down: ['DROP TABLE attachments'],
});
