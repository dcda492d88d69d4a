import { sqlMigration } from './migration.ts';

/**
 * Channels, who is in them, and the ways in. A channel row is rewritten by every batch of messages (`last_seq`, `last_rev`):
 * half-full pages keep those updates inside the page and out of the indexes.
 */
export const createChannels = sqlMigration({
  up: [
    `CREATE TABLE channels (
       id uuid PRIMARY KEY,
       kind text NOT NULL CHECK (kind IN ('public', 'private', 'direct', 'thread')),
       name text,
       topic text NOT NULL DEFAULT '',
       root_id uuid NOT NULL,
       root_seq bigint,
       direct_key text,
       last_seq bigint NOT NULL DEFAULT 0,
       last_rev bigint NOT NULL DEFAULT 0,
       access_rev bigint NOT NULL DEFAULT 0,
       member_count integer NOT NULL DEFAULT 0,
       max_members integer,
       permissions jsonb NOT NULL DEFAULT '{}',
       created_by uuid,
       created_at timestamptz NOT NULL DEFAULT now(),
       archived_at timestamptz,
       CHECK ((kind = 'thread') = (root_seq IS NOT NULL)),
       CHECK ((kind = 'direct') = (direct_key IS NOT NULL))
     ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01)`,
    `CREATE UNIQUE INDEX idx_channels_public_name ON channels (lower(name)) WHERE kind = 'public'`,
    'CREATE UNIQUE INDEX idx_channels_direct ON channels (direct_key) WHERE direct_key IS NOT NULL',
    'CREATE UNIQUE INDEX idx_channels_thread ON channels (root_id, root_seq) WHERE root_seq IS NOT NULL',
    // The cursors are in no index, so that moving them stays a heap-only update.
    `CREATE TABLE channel_members (
       channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
       joined_seq bigint NOT NULL DEFAULT 0,
       delivered_seq bigint NOT NULL DEFAULT 0,
       read_seq bigint NOT NULL DEFAULT 0,
       marked_seq bigint,
       notify text NOT NULL DEFAULT 'all' CHECK (notify IN ('all', 'mentions', 'none')),
       rev bigint NOT NULL,
       joined_at timestamptz NOT NULL DEFAULT now(),
       left_at timestamptz,
       PRIMARY KEY (channel_id, user_id),
       CHECK (read_seq <= delivered_seq)
     ) WITH (fillfactor = 60)`,
    'CREATE INDEX idx_channel_members_rev ON channel_members (channel_id, rev)',
    `CREATE TABLE channel_bans (
       channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       banned_by uuid,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, user_id)
     )`,
    `CREATE TABLE invitations (
       id uuid PRIMARY KEY,
       code_hash bytea NOT NULL UNIQUE,
       channel_id uuid REFERENCES channels ON DELETE CASCADE,
       role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'guest')),
       created_by uuid REFERENCES users ON DELETE SET NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz,
       max_uses integer,
       uses integer NOT NULL DEFAULT 0,
       CHECK (max_uses IS NULL OR uses <= max_uses)
     )`,
  ],
  down: ['DROP TABLE invitations', 'DROP TABLE channel_bans', 'DROP TABLE channel_members', 'DROP TABLE channels'],
});
