import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MIGRATIONS } from '../../storage/migrations/migrations.ts';

/** The newest migration of the release before this one. */
export const LAST_RELEASED = '20251128000000_describe_attachments';

/** The statements that made the schema of that release, as they were then: `npm run released-schema` writes them with each release. */
export const RELEASED_SCHEMA = fileURLToPath(new URL('released-schema.sql', import.meta.url));

export function readReleasedSchema(): string {
  return readFileSync(RELEASED_SCHEMA, 'utf8');
}

/** The migrations that were released. */
export function releasedMigrations(): typeof MIGRATIONS {
  return Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name <= LAST_RELEASED));
}
