-- The schema of the release before, up to 20251128000000_describe_attachments, as it was made then. Never edited by hand.
create table if not exists "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
create table if not exists "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
insert into "kysely_migration_lock" ("id", "is_locked") values ('migration_lock', '0');
CREATE TABLE users (
       id uuid PRIMARY KEY,
       username text NOT NULL UNIQUE,
       display_name text NOT NULL,
       kind text NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'bot')),
       role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member', 'guest')),
       password_hash text,
       external_id text UNIQUE,
       created_at timestamptz NOT NULL DEFAULT now(),
       deactivated_at timestamptz
     );
CREATE TABLE sessions (
       id uuid PRIMARY KEY,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       token_hash bytea NOT NULL UNIQUE,
       created_at timestamptz NOT NULL DEFAULT now(),
       last_seen_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz NOT NULL,
       user_agent text NOT NULL DEFAULT '',
       address text NOT NULL DEFAULT ''
     );
CREATE INDEX idx_sessions_user ON sessions (user_id);
CREATE INDEX idx_sessions_expiry ON sessions (expires_at);
CREATE TABLE api_keys (
       id uuid PRIMARY KEY,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       name text NOT NULL,
       secret_hash bytea NOT NULL UNIQUE,
       scopes text[] NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       last_used_at timestamptz,
       expires_at timestamptz
     );
CREATE TABLE server_state (
       key text PRIMARY KEY,
       value jsonb NOT NULL
     );
INSERT INTO server_state (key, value) VALUES ('epoch', to_jsonb(gen_random_uuid()::text));
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251020000000_create_accounts'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251020000000_create_accounts', '2026-11-28T12:56:25.084Z');
CREATE TABLE channels (
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
     ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01);
CREATE UNIQUE INDEX idx_channels_public_name ON channels (lower(name)) WHERE kind = 'public';
CREATE UNIQUE INDEX idx_channels_direct ON channels (direct_key) WHERE direct_key IS NOT NULL;
CREATE UNIQUE INDEX idx_channels_thread ON channels (root_id, root_seq) WHERE root_seq IS NOT NULL;
CREATE TABLE channel_members (
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
     ) WITH (fillfactor = 60);
CREATE INDEX idx_channel_members_rev ON channel_members (channel_id, rev);
CREATE TABLE channel_bans (
       channel_id uuid NOT NULL REFERENCES channels ON DELETE CASCADE,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       banned_by uuid,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, user_id)
     );
CREATE TABLE invitations (
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
     );
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251021000000_create_channels'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251021000000_create_channels', '2026-11-28T12:56:25.212Z');
CREATE TABLE messages (
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
     );
CREATE UNIQUE INDEX idx_messages_id ON messages (channel_id, id);
CREATE UNIQUE INDEX idx_messages_rev ON messages (root_id, rev);
CREATE INDEX idx_messages_pinned ON messages (channel_id, pinned_at DESC) WHERE pinned_at IS NOT NULL;
CREATE TABLE message_edits (
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       rev bigint NOT NULL,
       body text NOT NULL,
       edited_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, seq, rev)
     );
CREATE TABLE reactions (
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       emoji text NOT NULL,
       user_id uuid NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (channel_id, seq, emoji, user_id)
     );
CREATE TABLE mentions (
       user_id uuid NOT NULL,
       channel_id uuid NOT NULL,
       seq bigint NOT NULL,
       PRIMARY KEY (user_id, channel_id, seq)
     );
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251022000000_create_messages'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251022000000_create_messages', '2026-11-28T12:56:25.237Z');
CREATE INDEX idx_messages_channel_created ON messages (channel_id, created_at DESC);
CREATE INDEX idx_channel_members_user ON channel_members (user_id, channel_id);
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251024000000_add_chat_indexes'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251024000000_add_chat_indexes', '2026-11-28T12:56:25.244Z');
ALTER TABLE messages ADD COLUMN status VARCHAR(20) NOT NULL DEFAULT 'sent';
ALTER TABLE messages ADD COLUMN delivered_at timestamptz;
ALTER TABLE messages ADD COLUMN read_at timestamptz;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251024000001_update_chat_schema'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251024000001_update_chat_schema', '2026-11-28T12:56:25.251Z');
CREATE TABLE idempotency_keys (
       user_id uuid NOT NULL,
       key text NOT NULL,
       request_hash bytea NOT NULL,
       status integer,
       response jsonb,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (user_id, key)
     );
CREATE INDEX idx_idempotency_keys_age ON idempotency_keys (created_at);
CREATE TABLE audit_log (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       at timestamptz NOT NULL DEFAULT now(),
       actor_id uuid,
       action text NOT NULL,
       target text,
       details jsonb NOT NULL DEFAULT '{}',
       address text
     );
CREATE INDEX idx_audit_log_at ON audit_log (at);
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251025000000_create_records'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251025000000_create_records', '2026-11-28T12:56:25.272Z');
CREATE INDEX idx_users_username ON users (username COLLATE "C");
CREATE INDEX idx_users_display_name ON users ((lower(display_name)) COLLATE "C");
CREATE INDEX idx_users_owner ON users (id) WHERE role = 'owner';
CREATE INDEX idx_api_keys_user ON api_keys (user_id);
CREATE INDEX idx_invitations_creator ON invitations (created_by);
CREATE TABLE revoked_tokens (
       id uuid PRIMARY KEY,
       expires_at timestamptz NOT NULL
     );
CREATE INDEX idx_revoked_tokens_expiry ON revoked_tokens (expires_at);
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251026000000_add_account_indexes'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251026000000_add_account_indexes', '2026-11-28T12:56:25.292Z');
CREATE INDEX idx_messages_everyone ON messages (channel_id, seq) WHERE everyone IS NOT NULL;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251026000000_index_everyone_mentions'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251026000000_index_everyone_mentions', '2026-11-28T12:56:25.299Z');
CREATE TABLE delivery_floors (
       channel_id uuid PRIMARY KEY REFERENCES channels ON DELETE CASCADE,
       delivered_all bigint NOT NULL DEFAULT 0,
       delivered_holder uuid,
       delivered_rest bigint NOT NULL DEFAULT 0,
       read_all bigint NOT NULL DEFAULT 0,
       read_holder uuid,
       read_rest bigint NOT NULL DEFAULT 0
     ) WITH (fillfactor = 50);
ALTER TABLE users ADD COLUMN hide_receipts boolean NOT NULL DEFAULT false;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251027000000_add_delivery_floors'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251027000000_add_delivery_floors', '2026-11-28T12:56:25.310Z');
ALTER TABLE users ADD COLUMN last_seen_at timestamptz;
ALTER TABLE users SET (fillfactor = 80);
CREATE TABLE user_statuses (
       user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
       availability text NOT NULL DEFAULT 'online' CHECK (availability IN ('online', 'away', 'invisible')),
       do_not_disturb boolean NOT NULL DEFAULT false,
       text text NOT NULL DEFAULT '',
       emoji text NOT NULL DEFAULT '',
       until timestamptz
     );
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251027000001_add_presence'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251027000001_add_presence', '2026-11-28T12:56:25.319Z');
CREATE TABLE message_search (
       channel_id uuid NOT NULL,
       root_id uuid NOT NULL,
       seq bigint NOT NULL,
       sender_id uuid NOT NULL,
       created_at timestamptz NOT NULL,
       edited_at timestamptz,
       has_link boolean NOT NULL,
       folded text NOT NULL,
       words tsvector NOT NULL,
       PRIMARY KEY (channel_id, seq)
     );
ALTER TABLE message_search ALTER COLUMN words SET STATISTICS 1000;
CREATE INDEX idx_message_search_words ON message_search USING gin (words) WITH (fastupdate = off);
CREATE INDEX idx_message_search_created ON message_search (created_at DESC, channel_id DESC, seq DESC);
CREATE INDEX idx_message_search_root ON message_search (root_id, created_at DESC);
CREATE TABLE search_progress (
       root_id uuid PRIMARY KEY,
       rev bigint NOT NULL
     ) WITH (fillfactor = 50);
DO $$ BEGIN
       CREATE EXTENSION IF NOT EXISTS pg_trgm;
       CREATE INDEX idx_message_search_folded ON message_search USING gin (folded gin_trgm_ops);
     EXCEPTION WHEN OTHERS THEN
       RAISE NOTICE 'search finds no parts of words; pg_trgm is not to be had: %', SQLERRM;
     END $$;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251028000000_create_search'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251028000000_create_search', '2026-11-28T12:56:25.350Z');
ALTER TABLE messages SET (fillfactor = 50);
ALTER TABLE channel_members SET (fillfactor = 50);
CREATE INDEX idx_users_apart ON users (id) WHERE hide_receipts OR deactivated_at IS NOT NULL;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251029000000_tune_delivery'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251029000000_tune_delivery', '2026-11-28T12:56:25.354Z');
CREATE TABLE attachments (
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
     );
CREATE INDEX idx_attachments_owner ON attachments (owner_id) WHERE gone_at IS NULL;
CREATE INDEX idx_attachments_message ON attachments (channel_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX idx_attachments_created ON attachments (created_at);
CREATE INDEX idx_attachments_gone ON attachments (gone_at) WHERE gone_at IS NOT NULL;
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251030000000_create_attachments'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251030000000_create_attachments', '2026-11-28T12:56:25.372Z');
ALTER TABLE attachments
       ADD COLUMN duration_ms integer,
       ADD COLUMN waveform smallint[],
       ADD COLUMN placeholder text,
       ADD COLUMN thumb_key text UNIQUE,
       ADD COLUMN thumb_width integer,
       ADD COLUMN thumb_height integer,
       ADD CHECK ((thumb_key IS NULL) = (thumb_width IS NULL) AND (thumb_key IS NULL) = (thumb_height IS NULL));
INSERT INTO server_state (key, value) VALUES ('schema_needs', to_jsonb('20251128000000_describe_attachments'::text))
     ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value;
insert into "kysely_migration" ("name", "timestamp") values ('20251128000000_describe_attachments', '2026-11-28T12:56:25.382Z');
