import { sqlMigration } from './migration.ts';

/**
 * What the channel's `access_rev` was when a member came in: a send that was allowed under an earlier one was allowed to an
 * earlier membership of the same user. Of members from before it is not known, and nothing is refused to them for it.
 */
export const noteAdmissions = sqlMigration({
  expands: true,
  up: ['ALTER TABLE channel_members ADD COLUMN joined_access bigint NOT NULL DEFAULT 0'],
  down: ['ALTER TABLE channel_members DROP COLUMN joined_access'],
});
