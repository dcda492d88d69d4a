import { sqlMigration } from './migration.ts';

/** What is shown of a file before its bytes are there: a small version of a picture, the loudness of a voice clip. */
export const describeAttachments = sqlMigration({
  up: [
    `ALTER TABLE attachments
       ADD COLUMN duration_ms integer,
       ADD COLUMN waveform smallint[],
       ADD COLUMN placeholder text,
       ADD COLUMN thumb_key text UNIQUE,
       ADD COLUMN thumb_width integer,
       ADD COLUMN thumb_height integer,
       ADD CHECK ((thumb_key IS NULL) = (thumb_width IS NULL) AND (thumb_key IS NULL) = (thumb_height IS NULL))`,
  ],
  down: [
    `ALTER TABLE attachments
       DROP COLUMN duration_ms,
       DROP COLUMN waveform,
       DROP COLUMN placeholder,
       DROP COLUMN thumb_key,
       DROP COLUMN thumb_width,
       DROP COLUMN thumb_height`,
  ],
});
