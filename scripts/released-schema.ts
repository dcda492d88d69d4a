/** `npm run released-schema`: writes the schema of a release, which the next one is upgraded from in tests; run it when a release is made. */
import { writeFileSync } from 'node:fs';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { migrateExactly } from '../packages/server/src/storage/migrate.ts';
import type { Tables } from '../packages/server/src/storage/tables.ts';
import { RealPostgres } from '../packages/server/src/testing/real-postgres.ts';
import {
  LAST_RELEASED,
  RELEASED_SCHEMA,
  releasedMigrations,
} from '../packages/server/src/testing/released/released-schema.ts';

const postgres = await RealPostgres.start();
const statements: string[] = [];
const db = new Kysely<Tables>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ ...postgres.config, max: 1 }) }),
  log: ({ level, query }) => {
    if (level === 'query' && /^\s*(create|alter|drop|insert|update|comment|do)\b/i.test(query.sql))
      statements.push(filled(query.sql, query.parameters));
  },
});
await migrateExactly(db, Object.keys(releasedMigrations()));
await db.destroy();
await postgres.stop();
const head = `-- The schema of the release before, up to ${LAST_RELEASED}, as it was made then. Never edited by hand.\n`;
writeFileSync(RELEASED_SCHEMA, `${head}${statements.map((text) => `${text.trim()};\n`).join('')}`);
console.log(`${RELEASED_SCHEMA}: ${statements.length} statements`);

/** The statement with its parameters in it, which are names and times. */
function filled(text: string, parameters: readonly unknown[]): string {
  return text.replace(/\$(\d+)/g, (_, place: string) => pg.escapeLiteral(String(parameters[Number(place) - 1])));
}
