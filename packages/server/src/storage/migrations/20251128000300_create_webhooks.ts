import { sqlMigration } from './migration.ts';

/**
 * Webhooks, how far each has got in each channel, and what is to be sent. The messages themselves are the outbox: a cursor
 * behind a channel's rev is what is left to tell, so that a send writes nothing for it and no committed change is missed.
 */
export const createWebhooks = sqlMigration({
  expands: true,
  up: [
    `CREATE TABLE webhooks (
       id uuid PRIMARY KEY,
       kind text NOT NULL,
       name text NOT NULL,
       channel_id uuid REFERENCES channels (id) ON DELETE CASCADE,
       state text NOT NULL DEFAULT 'active',
       url text,
       events text[] NOT NULL DEFAULT '{}',
       secret text NOT NULL,
       bot_id uuid,
       failures integer NOT NULL DEFAULT 0,
       next_try_at timestamptz NOT NULL DEFAULT now(),
       lease_until timestamptz NOT NULL DEFAULT '-infinity',
       last_error text,
       created_at timestamptz NOT NULL DEFAULT now(),
       created_by uuid
     )`,
    `CREATE TABLE webhook_cursors (
       webhook_id uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
       channel_id uuid NOT NULL,
       rev bigint NOT NULL,
       seq bigint NOT NULL,
       PRIMARY KEY (webhook_id, channel_id)
     )`,
    `CREATE TABLE webhook_deliveries (
       id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       webhook_id uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
       message_id text NOT NULL,
       type text NOT NULL,
       body text NOT NULL,
       state text NOT NULL DEFAULT 'waiting',
       attempts integer NOT NULL DEFAULT 0,
       status integer,
       error text,
       created_at timestamptz NOT NULL DEFAULT now(),
       delivered_at timestamptz
     )`,
    'CREATE INDEX idx_webhook_deliveries_hook ON webhook_deliveries (webhook_id, id)',
    "CREATE INDEX idx_webhook_deliveries_waiting ON webhook_deliveries (webhook_id, id) WHERE state = 'waiting'",
  ],
  down: ['DROP TABLE webhook_deliveries', 'DROP TABLE webhook_cursors', 'DROP TABLE webhooks'],
});
