import { sqlMigration } from './migration.ts';

/**
 * What search reads, filled behind the messages. `words` holds the words as this server splits them, so it needs no text
 * search configuration and is the same under every locale; `folded` is for parts of words, where pg_trgm can be had.
 */
export const createSearch = sqlMigration({
  up: [
    `CREATE TABLE message_search (
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
     )`,
    // The planner tells common words from rare ones by these statistics.
    'ALTER TABLE message_search ALTER COLUMN words SET STATISTICS 1000',
    // Rows come in batches and nobody waits for them; searches do wait, and would read a pending list from end to end.
    'CREATE INDEX idx_message_search_words ON message_search USING gin (words) WITH (fastupdate = off)',
    'CREATE INDEX idx_message_search_created ON message_search (created_at DESC, channel_id DESC, seq DESC)',
    'CREATE INDEX idx_message_search_root ON message_search (root_id, created_at DESC)',
    `CREATE TABLE search_progress (
       root_id uuid PRIMARY KEY,
       rev bigint NOT NULL
     ) WITH (fillfactor = 50)`,
    // Here a pending list is worth it: without one this index alone makes indexing eight times slower.
    // Without the right to create the extension, search finds whole words and their beginnings only.
    `DO $$ BEGIN
       CREATE EXTENSION IF NOT EXISTS pg_trgm;
       CREATE INDEX idx_message_search_folded ON message_search USING gin (folded gin_trgm_ops);
     EXCEPTION WHEN OTHERS THEN
       RAISE NOTICE 'search finds no parts of words; pg_trgm is not to be had: %', SQLERRM;
     END $$`,
  ],
  // The extension stays: something else may have come to use it.
  down: ['DROP TABLE search_progress', 'DROP TABLE message_search'],
});
