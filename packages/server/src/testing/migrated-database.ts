import { type ChannelId, makeUuid, type Role, type UserId } from '@parley/protocol';
import { migrateUp } from '../storage/migrate.ts';
import { openPostgres, type Postgres, query } from '../storage/postgres.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

export interface MigratedDatabase extends Postgres {
  readonly database: TestDatabase;
  drop(): Promise<void>;
}

/** A fresh database at the newest schema, with a pool on it. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const database = await createTestDatabase();
  const postgres = openPostgres({
    connection: database.config,
    maxConnections: 8,
    statementTimeoutMs: 20_000,
    onError: () => {},
  });
  await migrateUp(postgres.db);
  return {
    ...postgres,
    database,
    async drop() {
      await postgres.close();
      await database.drop();
    },
  };
}

/** Adds a user straight to the table. */
export async function addUser(postgres: Postgres, username: string, role: Role = 'member'): Promise<UserId> {
  const id = makeUuid() as UserId;
  await query(postgres.db, 'INSERT INTO users (id, username, display_name, role) VALUES ($1, $2, $2, $3)', [
    id,
    username,
    role,
  ]);
  return id;
}

/** Adds a channel whose rev counts its members' joins, as if each had joined alone. */
export async function addChannel(
  postgres: Postgres,
  members: readonly UserId[],
  kind: 'public' | 'private' = 'private',
): Promise<ChannelId> {
  const id = makeUuid() as ChannelId;
  await query(
    postgres.db,
    `INSERT INTO channels (id, kind, name, root_id, last_rev, access_rev, member_count) VALUES ($1, $2, $3, $1, $4::bigint, $4::bigint, $4::int)`,
    [id, kind, `channel ${id}`, members.length],
  );
  await query(
    postgres.db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev)
     SELECT $1, m.id, CASE WHEN m.place = 1 THEN 'owner' ELSE 'member' END, m.place
       FROM unnest($2::uuid[]) WITH ORDINALITY AS m(id, place)`,
    [id, members],
  );
  return id;
}
