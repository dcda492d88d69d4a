import { sqlMigration } from './migration.ts';

/**
 * Up to where the status columns of a channel's messages follow the cursors of its members: all messages up to `*_all`, and
 * those sent by `*_holder`, the member who is furthest behind, up to `*_rest`. Without it every receipt would have to look
 * for the place anew.
 */
export const addDeliveryFloors = sqlMigration({
  up: [
    `CREATE TABLE delivery_floors (
       channel_id uuid PRIMARY KEY REFERENCES channels ON DELETE CASCADE,
       delivered_all bigint NOT NULL DEFAULT 0,
       delivered_holder uuid,
       delivered_rest bigint NOT NULL DEFAULT 0,
       read_all bigint NOT NULL DEFAULT 0,
       read_holder uuid,
       read_rest bigint NOT NULL DEFAULT 0
     ) WITH (fillfactor = 50)`,
    'ALTER TABLE users ADD COLUMN hide_receipts boolean NOT NULL DEFAULT false',
  ],
  down: ['ALTER TABLE users DROP COLUMN hide_receipts', 'DROP TABLE delivery_floors'],
});
