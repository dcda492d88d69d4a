import { sqlMigration } from './migration.ts';

/** Records of what was asked: answers kept for repeated requests, and who did what. */
export const createRecords = sqlMigration({
  up: [
    `CREATE TABLE idempotency_keys (
       user_id uuid NOT NULL,
       key text NOT NULL,
       request_hash bytea NOT NULL,
       status integer,
       response jsonb,
       created_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (user_id, key)
     )`,
    'CREATE INDEX idx_idempotency_keys_age ON idempotency_keys (created_at)',
    `CREATE TABLE audit_log (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       at timestamptz NOT NULL DEFAULT now(),
       actor_id uuid,
       action text NOT NULL,
       target text,
       details jsonb NOT NULL DEFAULT '{}',
       address text
     )`,
    'CREATE INDEX idx_audit_log_at ON audit_log (at)',
  ],
  down: ['DROP TABLE audit_log', 'DROP TABLE idempotency_keys'],
});
