import { sqlMigration } from './migration.ts';

/**
 * Deliveries point at their message in place of holding its text, which would outlive it. What was stored so far is pointed
 * at likewise. It expands, although a column goes: no release knows the table.
 */
export const pointDeliveries = sqlMigration({
  expands: true,
  up: [
    'ALTER TABLE webhook_deliveries ADD COLUMN channel_id uuid, ADD COLUMN seq bigint',
    `UPDATE webhook_deliveries
        SET channel_id = (body::jsonb #>> '{data,message,channelId}')::uuid, seq = (body::jsonb #>> '{data,message,seq}')::bigint`,
    `ALTER TABLE webhook_deliveries
       ALTER COLUMN channel_id SET NOT NULL, ALTER COLUMN seq SET NOT NULL, DROP COLUMN body`,
  ],
  down: [
    // A server from before sends bodies as they are: what is told must not be nothing.
    'ALTER TABLE webhook_deliveries ADD COLUMN body text',
    `UPDATE webhook_deliveries d
        SET body = json_build_object('type', type, 'timestamp', d.created_at, 'data', json_build_object('message',
                     json_build_object('channelId', d.channel_id, 'seq', d.seq)))`,
    'ALTER TABLE webhook_deliveries ALTER COLUMN body SET NOT NULL, DROP COLUMN channel_id, DROP COLUMN seq',
  ],
});
