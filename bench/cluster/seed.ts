import type { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { hashToken, makeToken } from '../../packages/server/src/users/tokens.ts';

/** Users with a session each, and channels that each of them is in, put straight into the tables. */
export interface People {
  readonly tokens: readonly string[];
  readonly channels: readonly string[];
}

/**
 * Makes `count` users. User i is in the channels i, i + 1 ... i + each - 1 (round in a ring), so every channel has as many
 * members as every user has channels.
 */
export async function seedPeople(postgres: RealPostgres, count: number, each: number): Promise<People> {
  const tokens = Array.from({ length: count }, () => makeToken('session'));
  const users = (
    await postgres.ask<{ id: string }>(
      `INSERT INTO users (id, username, display_name)
       SELECT gen_random_uuid(), 'bench-' || n, 'Bench ' || n FROM generate_series(1, $1::int) n RETURNING id`,
      [count],
    )
  ).map(({ id }) => id);
  await postgres.ask(
    `INSERT INTO sessions (id, user_id, token_hash, expires_at)
     SELECT gen_random_uuid(), u, t, now() + interval '1 day' FROM unnest($1::uuid[], $2::bytea[]) AS s(u, t)`,
    [users, tokens.map(hashToken)],
  );
  const channels = (
    await postgres.ask<{ id: string }>(
      `INSERT INTO channels (id, kind, name, root_id, last_rev, member_count)
       SELECT one.id, 'private', 'bench ' || one.id, one.id, $2::bigint, $2::int
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one RETURNING id`,
      [count, each],
    )
  ).map(({ id }) => id);
  for (let step = 0; step < each; step++) {
    await postgres.ask(
      `INSERT INTO channel_members (channel_id, user_id, role, rev)
       SELECT c, u, 'member', $3::bigint FROM unnest($1::uuid[], $2::uuid[]) AS m(c, u)`,
      [channels.map((_, index) => channels[(index + step) % count]), users, step + 1],
    );
  }
  await postgres.ask('ANALYZE');
  return { tokens, channels };
}
