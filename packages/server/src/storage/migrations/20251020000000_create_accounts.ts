import { sqlMigration } from './migration.ts';

/** Who is who: users, their sign-ins, bots' keys, and the few facts about the server itself. */
export const createAccounts = sqlMigration({
  up: [
    `CREATE TABLE users (
       id uuid PRIMARY KEY,
       username text NOT NULL UNIQUE,
       display_name text NOT NULL,
       kind text NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'bot')),
       role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member', 'guest')),
       password_hash text,
       external_id text UNIQUE,
       created_at timestamptz NOT NULL DEFAULT now(),
       deactivated_at timestamptz
     )`,
    `CREATE TABLE sessions (
       id uuid PRIMARY KEY,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       token_hash bytea NOT NULL UNIQUE,
       created_at timestamptz NOT NULL DEFAULT now(),
       last_seen_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz NOT NULL,
       user_agent text NOT NULL DEFAULT '',
       address text NOT NULL DEFAULT ''
     )`,
    'CREATE INDEX idx_sessions_user ON sessions (user_id)',
    'CREATE INDEX idx_sessions_expiry ON sessions (expires_at)',
    `CREATE TABLE api_keys (
       id uuid PRIMARY KEY,
       user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
       name text NOT NULL,
       secret_hash bytea NOT NULL UNIQUE,
       scopes text[] NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now(),
       last_used_at timestamptz,
       expires_at timestamptz
     )`,
    `CREATE TABLE server_state (
       key text PRIMARY KEY,
       value jsonb NOT NULL
     )`,
    // The epoch names this history of revs: a restored copy gets another one, so clients never mix the two.
    `INSERT INTO server_state (key, value) VALUES ('epoch', to_jsonb(gen_random_uuid()::text))`,
  ],
  down: ['DROP TABLE server_state', 'DROP TABLE api_keys', 'DROP TABLE sessions', 'DROP TABLE users'],
});
