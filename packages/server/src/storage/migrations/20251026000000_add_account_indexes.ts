import { sqlMigration } from './migration.ts';

/**
 * Finding people by the start of a name (byte order, so that a prefix is a range), the owners among them, and the host
 * tokens that were signed out before their time.
 */
export const addAccountIndexes = sqlMigration({
  up: [
    'CREATE INDEX idx_users_username ON users (username COLLATE "C")',
    'CREATE INDEX idx_users_display_name ON users ((lower(display_name)) COLLATE "C")',
    `CREATE INDEX idx_users_owner ON users (id) WHERE role = 'owner'`,
    'CREATE INDEX idx_api_keys_user ON api_keys (user_id)',
    'CREATE INDEX idx_invitations_creator ON invitations (created_by)',
    `CREATE TABLE revoked_tokens (
       id uuid PRIMARY KEY,
       expires_at timestamptz NOT NULL
     )`,
    'CREATE INDEX idx_revoked_tokens_expiry ON revoked_tokens (expires_at)',
  ],
  down: [
    'DROP TABLE revoked_tokens',
    'DROP INDEX idx_invitations_creator',
    'DROP INDEX idx_api_keys_user',
    'DROP INDEX idx_users_owner',
    'DROP INDEX idx_users_display_name',
    'DROP INDEX idx_users_username',
  ],
});
